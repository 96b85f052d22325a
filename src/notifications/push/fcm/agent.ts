import type { Agent as HttpAgent, ClientRequest } from "node:http";
import { Agent } from "node:https";
import { connect } from "node:net";
import { FcmCall } from "./call.ts";

/** Milliseconds between probes of idle connections; Google closes those after minutes. */
const KEEP_ALIVE_MS = 30_000;

type ConnectOptions = Parameters<HttpAgent["createConnection"]>[0];
type Connected = Parameters<HttpAgent["createConnection"]>[1];

/** The parts of Node's agent that its types leave out. */
interface AgentInternals {
  addRequest(request: ClientRequest, options: ConnectOptions): void;
}

/**
 * Sends the SDK's requests, which are addressed to Google's host, to `endpoint`: another host for
 * an emulator, which may be plain HTTP on this machine. Associates each request with the call that
 * it belongs to.
 */
export class FcmAgent extends Agent {
  readonly #endpoint: URL;
  readonly #host: string;
  readonly #port: number;
  readonly #directed = new WeakMap<ClientRequest, FcmCall | undefined>();

  constructor(endpoint: string) {
    super({ keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS });
    this.#endpoint = new URL(endpoint);
    this.#host = this.#endpoint.hostname.replace(/^\[|\]$/g, "");
    this.#port = Number(this.#endpoint.port) || (this.#isPlain ? 80 : 443);
  }

  get #isPlain(): boolean {
    return this.#endpoint.protocol === "http:";
  }

  addRequest(request: ClientRequest, options: ConnectOptions): void {
    // Deno passes a request again, unchanged, if an earlier one's connection was closed, either by
    // FCM or because the request's call has ended. An ended call must not be sent a second time.
    if (!this.#directed.has(request)) this.#direct(request);
    else if (this.#directed.get(request)?.hasEnded) return;
    (Agent.prototype as unknown as AgentInternals).addRequest.call(this, request, options);
  }

  #direct(request: ClientRequest): void {
    const call = FcmCall.current();
    this.#directed.set(request, call);
    request.path = this.#endpoint.pathname.replace(/\/$/, "") + request.path;
    request.setHeader("host", this.#endpoint.host);
    this.#directOlderDeno(request);
    call?.begin(request);
  }

  /**
   * Deno 2.5 starts TLS itself, on the agent's connection, according to these fields of the
   * request.
   */
  #directOlderDeno(request: ClientRequest): void {
    Object.assign(request, { host: this.#host, protocol: this.#endpoint.protocol });
    // The constructor, from which this method is called, sets this field last.
    if (this.#isPlain) queueMicrotask(() => Object.assign(request, { _encrypted: false }));
  }

  override createConnection(options: ConnectOptions, callback?: Connected) {
    const target = { host: this.#host, port: this.#port };
    if (this.#isPlain) return connect(target);
    const named = { ...options, ...target, hostname: this.#host, servername: this.#host };
    return super.createConnection(named, callback);
  }
}
