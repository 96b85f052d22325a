import type { Agent as HttpAgent, ClientRequest } from "node:http";
import { Agent } from "node:https";
import { connect } from "node:net";
import { FcmCall } from "./call.ts";

/** Between probes of idle connections; Google closes those after minutes. */
const KEEP_ALIVE_MS = 30_000;

type ConnectOptions = Parameters<HttpAgent["createConnection"]>[0];
type Connected = Parameters<HttpAgent["createConnection"]>[1];

/** Of Node's agent, what its types leave out. */
interface AgentInternals {
  addRequest(request: ClientRequest, options: ConnectOptions): void;
}

/**
 * Carries the SDK's requests, which name Google's host, to `endpoint`: another host for an emulator, which
 * may be plain HTTP on this machine. Hands each request to the call that it is part of.
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
    // Deno brings a request again, as it is, where a connection of an earlier one was closed: be it by
    // FCM, or because its own call has ended, which must not send it a second time.
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

  /** Deno 2.5 starts TLS itself, on the agent's connection, by these fields of the request. */
  #directOlderDeno(request: ClientRequest): void {
    Object.assign(request, { host: this.#host, protocol: this.#endpoint.protocol });
    // The constructor, which this is called from, sets it last.
    if (this.#isPlain) queueMicrotask(() => Object.assign(request, { _encrypted: false }));
  }

  override createConnection(options: ConnectOptions, callback?: Connected) {
    const place = { host: this.#host, port: this.#port };
    if (this.#isPlain) return connect(place);
    const named = { ...options, ...place, hostname: this.#host, servername: this.#host };
    return super.createConnection(named, callback);
  }
}
