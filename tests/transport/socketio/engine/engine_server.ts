import { DenoEngine, type EngineOptions } from "../../../../src/transport/socketio/engine/mod.ts";
import type { Socket } from "engine.io";
import { eventually } from "../../../support/eventually.ts";
import { within } from "../../../support/within.ts";

const SEPARATOR = "\x1e";

/** An engine on a free port, used without a client library. */
export class EngineServer implements AsyncDisposable {
  readonly faults: unknown[] = [];
  readonly refusals: { code: number; message: string }[] = [];
  readonly sessions: Socket[] = [];
  readonly closings: { reason: string; description?: Error }[] = [];
  readonly engine: DenoEngine;
  readonly url: string;
  /** Number of requests so far, without upgrades. */
  requests = 0;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #sockets: RawSocket[] = [];

  constructor(options: EngineOptions = {}) {
    this.engine = new DenoEngine({ onFault: (error) => this.faults.push(error), ...options });
    this.engine.on("connection", (socket: Socket) => {
      this.sessions.push(socket);
      socket.on("close", (reason, description) => this.closings.push({ reason, description }));
    });
    this.engine.on("connection_error", (refusal) => this.refusals.push(refusal));
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request, info) => {
        if (!request.headers.has("upgrade")) this.requests++;
        return this.engine.handle(request, info);
      },
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}/engine.io/`;
  }

  /** Echoes every message from now on. */
  echo(): this {
    this.engine.on(
      "connection",
      (socket) => socket.on("data", (data: unknown) => socket.send(data)),
    );
    return this;
  }

  get session(): Socket {
    const last = this.sessions.at(-1);
    if (!last) throw new Error("No session has been opened");
    return last;
  }

  fetch(query: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.url}?${query}`, init);
  }

  /** Returns the status of a response whose text does not matter. */
  async status(query: string, init?: RequestInit): Promise<number> {
    const response = await this.fetch(query, init);
    await response.text();
    return response.status;
  }

  /** Opens a session by long-polling and returns its id. */
  async open(): Promise<string> {
    return JSON.parse((await (await this.fetch("EIO=4&transport=polling")).text()).slice(1)).sid;
  }

  /** Returns the packets of one poll. */
  async poll(sid: string): Promise<string[]> {
    const response = await this.fetch(`EIO=4&transport=polling&sid=${sid}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`The poll was answered ${response.status}: ${text}`);
    return text.split(SEPARATOR);
  }

  pollStatus(sid: string): Promise<number> {
    return this.status(`EIO=4&transport=polling&sid=${sid}`);
  }

  /** Posts packets, and returns the status. */
  post(sid: string, ...packets: string[]): Promise<number> {
    const body = packets.join(SEPARATOR);
    return this.status(`EIO=4&transport=polling&sid=${sid}`, { method: "POST", body });
  }

  /** A WebSocket; the first message of a new session is the handshake. */
  socket(query = "EIO=4&transport=websocket"): RawSocket {
    const socket = new RawSocket(`${this.url.replace("http", "ws")}?${query}`);
    this.#sockets.push(socket);
    return socket;
  }

  /** A WebSocket session after its handshake. */
  async connect(): Promise<RawSocket> {
    const socket = this.socket();
    await socket.next();
    return socket;
  }

  /** A TCP client that makes the WebSocket handshake and then stops reading. */
  async connectWithoutReading(): Promise<Deno.Conn> {
    const connection = await this.askForUpgrade();
    await eventually("the session is open", () => this.sessions.at(-1)?.transport.writable);
    return connection;
  }

  /** A TCP client that has sent a WebSocket handshake, and does not wait for the response. */
  async askForUpgrade(): Promise<Deno.Conn> {
    const url = new URL(this.url);
    const connection = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
    const handshake = [
      `GET ${url.pathname}?EIO=4&transport=websocket HTTP/1.1`,
      `Host: ${url.host}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${btoa("0123456789abcdef")}`,
      "\r\n",
    ];
    await connection.write(new TextEncoder().encode(handshake.join("\r\n")));
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.drain();
    for (const socket of this.#sockets) socket.close();
    await Promise.all(this.#sockets.map((socket) => socket.closed));
    await this.#server.shutdown();
  }
}

/** A WebSocket whose messages are read one by one. */
export class RawSocket {
  readonly #ws: WebSocket;
  readonly #messages: (string | ArrayBuffer)[] = [];
  readonly #closed: Promise<CloseEvent>;
  #isClosed = false;

  constructor(url: string) {
    this.#ws = new WebSocket(url);
    this.#ws.binaryType = "arraybuffer";
    this.#ws.onmessage = ({ data }) => this.#messages.push(data);
    this.#ws.onerror = (event) => event.preventDefault();
    this.#closed = new Promise((resolve) =>
      this.#ws.onclose = (event) => {
        this.#isClosed = true;
        resolve(event);
      }
    );
  }

  /** Rejects if the socket stays open. */
  get closed(): Promise<CloseEvent> {
    return within("the socket is closed", this.#closed);
  }

  async opened(): Promise<this> {
    await eventually("the socket is open", () => this.#ws.readyState === WebSocket.OPEN, {
      every: 2,
    });
    return this;
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#ws.send(data);
  }

  async next(): Promise<string | ArrayBuffer> {
    await eventually("a message comes", () => {
      if (this.#messages.length === 0 && this.#isClosed) throw new Error("The socket was closed");
      return this.#messages.length > 0;
    }, { every: 2 });
    return this.#messages.shift()!;
  }

  close(): void {
    this.#ws.close();
  }
}

/** Returns the arguments of a session's `close` event, once it is fired. */
export async function closing(
  server: EngineServer,
): Promise<{ reason: string; description?: string }> {
  const seen = await eventually("a session is closed", () => server.closings[0], { every: 2 });
  return { reason: seen.reason, description: seen.description?.message };
}
