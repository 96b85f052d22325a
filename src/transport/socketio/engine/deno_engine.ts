import { settledWithin } from "../../../core/settled_within.ts";
import { Server, type Socket, type Transport } from "engine.io";
import { boundBacklog } from "./backlog.ts";
import { answerPreflight, corsHeaders, type CorsOptions, isPreflight } from "./cors.ts";
import {
  type EngineRequest,
  Exchange,
  type OutgoingHeaders,
  textResponse,
  toHeaders,
} from "./exchange.ts";
import { guard, type OnFault } from "./guard.ts";
import { holdPoll } from "./held_poll.ts";
import {
  type Admission,
  CLOSE_SERVICE_RESTART,
  CLOSE_SLOW_READER,
  type EngineOptions,
  type TransportLimits,
  transportLimits,
} from "./options.ts";
import { PollingTransport } from "./polling_transport.ts";
import { answerRefusal, type Refusal, type RefusalCode, type RefusalContext } from "./refusal.ts";
import { WebSocketTransport } from "./websocket_transport.ts";

type BaseOptions = NonNullable<ConstructorParameters<typeof Server>[0]>;
type BaseRequest = Parameters<Server["generateId"]>[0] & EngineRequest;

const SWITCHING_PROTOCOLS = 101;

/**
 * Engine.IO (protocol revision 4) on `Deno.serve`: the sessions, heartbeats and upgrades of npm
 * `engine.io`, over two transports made of what Deno has natively. Nothing of `node:http` listens.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { Server } from "socket.io";
 * import { io } from "socket.io-client";
 *
 * const engine = new DenoEngine({ cors: { origin: "https://chat.example" } });
 * // Without npm socket.io: engine.on("connection", (session) => …).
 * new Server().bind(engine).on("connection", (socket) => {
 *   socket.on("greet", (name, acknowledge) => acknowledge(`Hello, ${name}`));
 * });
 * const options = { port: 0, hostname: "127.0.0.1", onListen() {} };
 * const server = Deno.serve(options, (request, info) => engine.handle(request, info));
 *
 * const client = io(`http://127.0.0.1:${server.addr.port}`, { transports: ["websocket"] });
 * assert.equal(await client.emitWithAck("greet", "Ann"), "Hello, Ann");
 *
 * client.close();
 * await engine.drain();
 * await server.shutdown();
 * ```
 */
export class DenoEngine extends Server {
  readonly #limits: TransportLimits;
  /** Milliseconds without a packet after which a session ends. */
  readonly #heartbeatTotal: number;
  readonly #cors: CorsOptions | false;
  readonly #allowOrigin: EngineOptions["allowOrigin"];
  readonly #allowRequest: NonNullable<EngineOptions["allowRequest"]>;
  /** True if an asynchronous hook may delay the upgrade of a request. */
  readonly #asks: boolean;
  readonly #remoteAddress: NonNullable<EngineOptions["remoteAddress"]>;
  readonly #onFault: OnFault;
  readonly #connections = new Set<WebSocketTransport>();
  /** Sessions with a probed upgrade, which the next frame may complete. */
  readonly #probed = new WeakSet<Socket>();
  /** Functions that return the bytes waiting for a session that cannot be written to. */
  readonly #backlogs = new WeakMap<Socket, () => number>();
  #accepting = true;

  constructor(options: EngineOptions = {}) {
    super(baseOptions(options));
    const { pingInterval, pingTimeout, maxHttpBufferSize } = this.opts as Required<BaseOptions>;
    this.#heartbeatTotal = pingInterval + pingTimeout;
    this.#limits = transportLimits(options, { pingInterval, pingTimeout, maxHttpBufferSize });
    this.#cors = options.cors ?? false;
    this.#allowOrigin = options.allowOrigin;
    this.#allowRequest = options.allowRequest ?? (() => true);
    this.#asks = Boolean(options.allowOrigin ?? options.allowRequest);
    this.#remoteAddress = options.remoteAddress ?? peerAddress;
    this.#onFault = options.onFault ?? ((error) => console.error(error));
    this.on("connection", (socket: Socket) => {
      socket.on("upgrading", () => this.#probed.add(socket));
      const tooSlow = () => this.closeSession(socket, CLOSE_SLOW_READER, "Too slow a reader");
      const { maxBufferedBytes } = this.#limits;
      const backlog = boundBacklog(socket, maxBufferedBytes, () => guard(this.#onFault, tooSlow));
      this.#backlogs.set(socket, backlog);
    });
  }

  /**
   * Answers any request of the protocol; the caller routes the path here. A poll is answered when
   * there are packets for it, or when the session ends. Never rejects.
   *
   * ```ts
   * import assert from "node:assert/strict";
   *
   * const engine = new DenoEngine(); const server = Deno.serve({ port: 0, hostname: "127.0.0.1",
   * onListen() {} }, (request, info) => {
   *   const { pathname } = new URL(request.url);
   *   return pathname === "/engine.io/" ? engine.handle(request, info) : new Response("Hello");
   * });
   *
   * const url = `http://127.0.0.1:${server.addr.port}/engine.io/?EIO=4&transport=polling`;
   * const open = await (await fetch(url)).text();
   * assert.match(open, /^0{"sid":"/);
   *
   * await engine.drain();
   * await server.shutdown();
   * ```
   */
  async handle(request: Request, info: Deno.ServeHandlerInfo): Promise<Response> {
    const failed = (error: unknown) => {
      this.#onFault(error);
      return textResponse("Internal error", 500);
    };
    try {
      if (!this.#cors) return await this.#respond(request, info);
      if (isPreflight(request)) return answerPreflight(request, this.#cors);
      // Computed first: if the application's `origin` throws, no session must be left behind.
      const headers = corsHeaders(request, this.#cors);
      const response = await this.#respond(request, info).catch(failed);
      if (response.status !== SWITCHING_PROTOCOLS) {
        for (const [name, value] of headers) response.headers.append(name, value);
      }
      return response;
    } catch (error) {
      return failed(error);
    }
  }

  /** Bytes that wait in this process for clients to read them. */
  get waitingBytes(): number {
    let bytes = 0;
    for (const transport of this.#connections) bytes += transport.waitingBytes;
    for (const socket of Object.values(this.clients)) bytes += this.#backlogs.get(socket)?.() ?? 0;
    return bytes;
  }

  /**
   * Refuses new sessions with 503 from now on; open sessions continue.
   *
   * ```ts
   * import assert from "node:assert/strict";
   *
   * const engine = new DenoEngine();
   * const server = Deno.serve(
   *   { port: 0, hostname: "127.0.0.1", onListen() {} },
   *   (request, info) => engine.handle(request, info),
   * );
   * engine.stopAccepting();
   *
   * const url = `http://127.0.0.1:${server.addr.port}/?EIO=4&transport=polling`;
   * const refused = await fetch(url);
   * assert.equal(refused.status, 503);
   * assert.equal(refused.headers.get("retry-after"), "1");
   * await refused.body?.cancel();
   *
   * await server.shutdown();
   * ```
   */
  stopAccepting(): void {
    this.#accepting = false;
  }

  /**
   * Ends one session. Its WebSocket is closed with `code` (1000, or 3000 to 4999, or one that the
   * server may send, such as 1012); long-polling has no codes, and gets the protocol's close
   * packet. With `flush`, data that waits for the client is still sent with its next poll;
   * otherwise the session ends immediately.
   *
   * ```ts
   * import assert from "node:assert/strict";
   *
   * const engine = new DenoEngine();
   * engine.on("connection", (session) => engine.closeSession(session, 4001, "Signed out"));
   * const server = Deno.serve(
   *   { port: 0, hostname: "127.0.0.1", onListen() {} },
   *   (request, info) => engine.handle(request, info),
   * );
   *
   * const socket = new WebSocket(`ws://127.0.0.1:${server.addr.port}/?EIO=4&transport=websocket`);
   * const { code, reason } = await new Promise<CloseEvent>((done) => socket.onclose = done);
   * assert.deepEqual({ code, reason }, { code: 4001, reason: "Signed out" });
   *
   * await server.shutdown();
   * ```
   */
  closeSession(socket: Socket, code: number, reason = "", { flush = false } = {}): void {
    const { transport } = socket;
    if (transport instanceof WebSocketTransport) transport.closeStatus = { code, reason };
    socket.close(!flush);
  }

  /**
   * Refuses new sessions, ends all sessions, and waits for at most `deadlineMs` milliseconds until
   * the clients have answered their close frames, so that the process can exit without cutting off
   * data in flight. Returns the number of clients that had not answered.
   *
   * Call it before `io.close()`, which ends sessions without a code. Socket.IO clients treat this
   * as a lost connection and reconnect immediately, to the server they are routed to by then.
   *
   * ```ts
   * import assert from "node:assert/strict";
   *
   * const engine = new DenoEngine();
   * const server = Deno.serve(
   *   { port: 0, hostname: "127.0.0.1", onListen() {} },
   *   (request, info) => engine.handle(request, info),
   * );
   * const socket = new WebSocket(`ws://127.0.0.1:${server.addr.port}/?EIO=4&transport=websocket`);
   * await new Promise((done) => socket.onmessage = done);
   * const closed = new Promise<CloseEvent>((done) => socket.onclose = done);
   *
   * assert.equal(await engine.drain({ deadlineMs: 5_000 }), 0);
   * assert.equal((await closed).code, 1012);
   *
   * await server.shutdown();
   * ```
   */
  async drain(
    { code = CLOSE_SERVICE_RESTART, reason = "Service restart", deadlineMs = 2000 } = {},
  ): Promise<number> {
    this.stopAccepting();
    for (const socket of Object.values(this.clients)) {
      guard(this.#onFault, () => this.closeSession(socket, code, reason));
    }
    const left = [...this.#connections];
    const finished = left.map((one) => new Promise((done) => one.on("finished", done)));
    await settledWithin(finished, deadlineMs);
    const silent = left.filter((one) => !one.finished);
    for (const transport of silent) transport.drop();
    return silent.length;
  }

  /**
   * Always throws: Express middleware needs node's request and response, which do not exist here.
   */
  override use(): never {
    throw new TypeError("DenoEngine runs no middleware: wrap engine.handle() instead");
  }

  /** Does nothing: the base class would create a WebSocket server of npm `ws`. */
  protected override init(): void {}
  protected override cleanup(): void {}

  protected override createTransport(name: string, request: BaseRequest): Transport {
    const exchange = request as unknown as Exchange;
    return name === "websocket"
      ? this.#acceptWebSocket(exchange)
      : new PollingTransport(exchange, this.#limits.maxPayload, this.#onFault);
  }

  async #respond(request: Request, info: Deno.ServeHandlerInfo): Promise<Response> {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const exchange = new Exchange(request, this.#remoteAddress(request, info), resolve);
    const origin = request.headers.get("origin");
    // Read early, because the signal only reports aborts after its first use; it costs each socket
    // a kilobyte.
    if (this.#asks) request.signal.aborted;
    if (this.#allowOrigin && !await this.#allowOrigin(origin, request)) {
      this.#refuse(exchange, Server.errors.FORBIDDEN, { message: "Origin not allowed" });
    } else {
      await this.#dispatch(exchange, info);
    }
    return await promise;
  }

  async #dispatch(exchange: Exchange, info: Deno.ServeHandlerInfo): Promise<void> {
    const upgrade = exchange.headers.upgrade?.toLowerCase() === "websocket";
    const refusal = await this.#verify(exchange, upgrade);
    if (refusal) return this.#refuse(exchange, refusal.code, refusal.context);
    const { sid, transport } = exchange._query;
    if (upgrade && transport !== "websocket") {
      this.#refuse(exchange, Server.errors.BAD_REQUEST, { name: "TRANSPORT_MISMATCH" });
    } else if (sid) {
      this.#continueSession(exchange, sid, upgrade);
    } else {
      await this.#openSession(exchange, info);
    }
  }

  #verify(exchange: Exchange, upgrade: boolean): Promise<Refusal | null> {
    return new Promise((resolve) =>
      this.verify(
        exchange as unknown as BaseRequest,
        upgrade,
        (code, context) => resolve(code === undefined ? null : { code, context }),
      )
    );
  }

  #continueSession(exchange: Exchange, sid: string, upgrade: boolean): void {
    const socket = this.clients[sid];
    if (!socket) return this.#refuse(exchange, Server.errors.UNKNOWN_SID);
    if (upgrade) return this.#upgradeSession(exchange, socket);
    if (exchange.method === "GET" && socket.upgrading && this.#probed.has(socket)) {
      return holdPoll(exchange, socket, () => this.#resumePoll(exchange, sid, socket));
    }
    this.#continuePolling(exchange, socket);
  }

  /** The session may have ended while the poll was held. */
  #resumePoll(exchange: Exchange, sid: string, socket: Socket): void {
    guard(this.#onFault, () => {
      if (this.clients[sid]) this.#continuePolling(exchange, socket);
      else this.#refuse(exchange, Server.errors.UNKNOWN_SID);
    });
  }

  #continuePolling(exchange: Exchange, socket: Socket): void {
    const { transport } = socket;
    if (!(transport instanceof PollingTransport)) {
      // The session has been upgraded and accepts no more polls.
      return this.#refuse(exchange, Server.errors.BAD_REQUEST, { name: "TRANSPORT_MISMATCH" });
    }
    if (exchange.method === "GET" && transport.silence >= this.#heartbeatTotal) {
      // The session is overdue: only a slightly late timer has kept it alive.
      (socket as unknown as { onClose(reason: string): void }).onClose("ping timeout");
      return this.#refuse(exchange, Server.errors.UNKNOWN_SID);
    }
    transport.onRequest(exchange);
  }

  async #openSession(exchange: Exchange, info: Deno.ServeHandlerInfo): Promise<void> {
    const admission = await this.#admit(exchange.request, info);
    if (admission !== true) {
      const message = typeof admission === "string" ? admission : undefined;
      return this.#refuse(exchange, Server.errors.FORBIDDEN, { message });
    }
    if (!this.#accepting) {
      return exchange.answer(textResponse("The server is going away", 503, { "retry-after": "1" }));
    }
    const request = exchange as unknown as BaseRequest;
    const name = exchange._query.transport as "polling" | "websocket";
    try {
      await this.handshake(
        name,
        request,
        (code, context) => answerRefusal(exchange, code, context),
      );
    } catch (error) {
      // A listener of `connection` failed, so no code handles this session.
      this.#onFault(error);
      const session = Object.values(this.clients).find((one) => one.request === request);
      guard(this.#onFault, () => session?.close(true));
      exchange.answer(textResponse("Internal error", 500));
    }
  }

  async #admit(request: Request, info: Deno.ServeHandlerInfo): Promise<Admission> {
    try {
      return await this.#allowRequest(request, info);
    } catch (error) {
      this.#onFault(error);
      return false;
    }
  }

  /** Accepts a second upgrade of a session and closes it, as `ws` does. */
  #upgradeSession(exchange: Exchange, socket: Socket): void {
    let transport: WebSocketTransport;
    try {
      transport = this.#acceptWebSocket(exchange);
    } catch {
      return this.#refuse(exchange, Server.errors.BAD_REQUEST);
    }
    if (socket.upgrading || socket.upgraded) transport.close();
    else socket._maybeUpgrade(transport);
  }

  /**
   * Throws if the request is not a valid WebSocket handshake, and if the client disconnected while
   * a hook ran: Deno fires no event for a connection that is upgraded after that, not even its
   * close.
   */
  #acceptWebSocket(exchange: Exchange): WebSocketTransport {
    if (this.#asks && exchange.request.signal.aborted) throw new TypeError("The client has gone");
    const headers: OutgoingHeaders = {};
    if (!exchange._query.sid) this.emit("initial_headers", headers, exchange);
    this.emit("headers", headers, exchange);
    const wanted = toHeaders(headers);
    const { idleTimeout } = this.#limits;
    const { socket, response } = Deno.upgradeWebSocket(exchange.request, { idleTimeout });
    appendHeaders(response, wanted);
    const transport = new WebSocketTransport(exchange, socket, this.#limits, this.#onFault);
    this.#connections.add(transport);
    transport.once("finished", () => this.#connections.delete(transport));
    exchange.answer(response);
    return transport;
  }

  #refuse(exchange: Exchange, code: RefusalCode, context: RefusalContext = {}): void {
    const message = Server.errorMessages[code];
    this.emit("connection_error", { req: exchange, code, message, context });
    answerRefusal(exchange, code, context);
  }
}

/**
 * Adds the headers that listeners of `headers` set. Up to Deno 2.5 the headers of an upgrade
 * response are immutable, and an upgrade whose response is not returned ends the process, so there
 * they are left out.
 */
function appendHeaders({ headers }: Response, wanted: Headers): void {
  try {
    for (const [name, value] of wanted) headers.append(name, value);
  } catch {
    // Immutable up to Deno 2.5.
  }
}

/**
 * Returns the options for the base class, without `cors`, for which it would load Express
 * middleware.
 */
function baseOptions(options: EngineOptions): BaseOptions {
  const { cors: _, allowRequest: __, ...rest } = options;
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

function peerAddress(_request: Request, info: Deno.ServeHandlerInfo): string {
  return "hostname" in info.remoteAddr ? info.remoteAddr.hostname : "";
}
