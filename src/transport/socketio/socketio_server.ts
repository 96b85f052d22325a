import { type ExtendedError, Server } from "socket.io";
import { AppError } from "../../core/errors.ts";
import { toProblem } from "../../core/problem.ts";
import { logServerError } from "../../core/server_error_log.ts";
import { sharedTurns } from "../../core/turns.ts";
import type { Limits } from "../../config.ts";
import { CLOSE_CODES } from "../../api/close_codes.ts";
import { DenoEngine } from "./engine/mod.ts";
import type { SocketAdmission, SocketSlot } from "../socket_admission.ts";
import { orderDisconnects } from "./ordered_disconnect.ts";
import { type SessionOptions, type SessionSocket, SocketIoSession } from "./socketio_session.ts";

export interface SocketIoServerOptions extends SessionOptions {
  limits: Pick<Limits, "frameBytes" | "socketBufferBytes" | "helloTimeMs">;
  /** False if two requests of one client may reach two processes, where polling cannot work. */
  polling: boolean;
  /** Counts sockets. The caller has already checked that one may be opened. */
  admission: SocketAdmission;
  /** Returns the client's address, which may be behind proxies. */
  addressOf(request: Request, info: Deno.ServeHandlerInfo): string;
}

/** First character of an engine packet that asks for a socket. */
const CONNECT = "0";
/**
 * Maximum number of CONNECT packets of one connection. One is usual, and one more each time the
 * client opens its socket again.
 */
const MAX_CONNECTS = 100;

/**
 * Runs npm `socket.io` on the engine, in front of the hub. Only the protocol of Socket.IO is used.
 * Its rooms are not, because the hub knows the recipients of events. Its connection state recovery
 * is not, because it would keep each packet a second time for minutes and only on one instance; a
 * client's cursors recover missed changes of any age, on any instance.
 */
export class SocketIoServer {
  readonly #engine: DenoEngine;
  readonly #io: Server;
  /** Engine sessions whose socket is connected or connecting: one for each. */
  readonly #taken = new WeakSet<object>();
  readonly #slots = new WeakMap<object, SocketSlot>();
  /** Timers that close connections without a socket. */
  readonly #idleTimers = new WeakMap<object, ReturnType<typeof setTimeout>>();

  constructor(private readonly options: SocketIoServerOptions) {
    const { limits, log } = options;
    this.#engine = new DenoEngine({
      transports: options.polling ? ["polling", "websocket"] : ["websocket"],
      maxHttpBufferSize: limits.frameBytes,
      maxBufferedBytes: limits.socketBufferBytes,
      remoteAddress: options.addressOf,
      onFault: (error) => log.error("A Socket.IO session failed unexpectedly", { error }),
    });
    this.#io = new Server({ connectTimeout: limits.helloTimeMs, serveClient: false });
    // Registered before Socket.IO listens, because Socket.IO creates a socket for every CONNECT
    // without a check.
    this.#engine.on("connection", (conn: SessionSocket["conn"]) => {
      this.#count(conn);
      this.#boundConnects(conn);
    });
    this.#io.bind(this.#engine);
    this.#engine.on("connection", orderDisconnects);
    this.#io.use((socket: SessionSocket, next) => {
      this.#admit(socket).then(() => next(), (error) => next(this.#refusal(socket, error)));
    });
    this.#io.on("connection", (socket: SessionSocket) => socket.data.session!.start());
    // Disables Socket.IO's rooms, which would cost each socket two map entries and two sets.
    Object.assign(this.#io.of("/").adapter, { addAll() {}, delAll() {} });
  }

  get size(): number {
    return this.#engine.clientsCount;
  }

  get waitingBytes(): number {
    return this.#engine.waitingBytes;
  }

  handle(request: Request, info: Deno.ServeHandlerInfo): Promise<Response> {
    return this.#engine.handle(request, info);
  }

  /** Makes every client reconnect to another instance. */
  async drain(): Promise<void> {
    await this.#engine.drain({ code: CLOSE_CODES.restart, reason: "restart", deadlineMs: 1000 });
    await this.#io.close();
  }

  #count(conn: SessionSocket["conn"]): void {
    const slot = this.options.admission.enter(conn.remoteAddress);
    this.#slots.set(conn, slot);
    conn.once("close", () => {
      slot.release();
      clearTimeout(this.#idleTimers.get(conn));
    });
  }

  #boundConnects(conn: SessionSocket["conn"]): void {
    let connects = 0;
    conn.on("data", (packet: unknown) => {
      if (typeof packet !== "string" || !packet.startsWith(CONNECT)) return;
      if (++connects <= MAX_CONNECTS) return;
      this.#engine.closeSession(conn, CLOSE_CODES.rate_limited, "rate_limited");
    });
  }

  async #admit(socket: SessionSocket): Promise<void> {
    const { conn } = socket;
    // socket.io handles a CONNECT immediately, but a DISCONNECT that came before it a tick later.
    if (this.#taken.has(conn)) await sharedTurns.next();
    if (this.#taken.has(conn)) {
      throw new AppError(
        "invalid_request",
        "Cannot connect: this connection already has a socket",
      );
    }
    this.#taken.add(conn);
    const session = new SocketIoSession(socket, this.#engine, this.options, {
      closing: () => this.#slots.get(conn)?.release(),
      ended: () => this.#end(conn),
    });
    socket.data.session = session;
    await session.admit();
    this.#slots.get(conn)?.greeted();
  }

  /**
   * Lets a connection without a socket stay as long as at its beginning; in this time it may open a
   * socket again.
   */
  #end(conn: SessionSocket["conn"]): void {
    this.#taken.delete(conn);
    clearTimeout(this.#idleTimers.get(conn));
    if (conn.readyState !== "open") return;
    const timer = setTimeout(() => {
      if (this.#taken.has(conn)) return;
      this.#engine.closeSession(conn, CLOSE_CODES.unauthenticated, "unauthenticated");
    }, this.options.limits.helloTimeMs);
    this.#idleTimers.set(conn, timer);
  }

  /**
   * Returns the error for `connect_error`, after which a client gives up. If the fault is the
   * server's and temporary, the connection is closed instead, so that the client reconnects by
   * itself.
   */
  #refusal(socket: SessionSocket, error: unknown): ExtendedError {
    const data = toProblem(error);
    const { log } = this.options;
    const context = { operation: "hello", requestId: socket.id };
    if (error instanceof AppError) logServerError(log, error, context);
    else log.error("Socket.IO hello failed unexpectedly", { ...context, error });
    if (data.code === "internal" || data.code === "unavailable") {
      this.#engine.closeSession(socket.conn, CLOSE_CODES.unavailable, data.code);
    }
    return Object.assign(new Error(data.detail), { data });
  }
}
