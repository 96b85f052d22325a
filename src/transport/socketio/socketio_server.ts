import { type ExtendedError, Server } from "socket.io";
import { AppError } from "../../core/errors.ts";
import { toProblem } from "../../core/problem.ts";
import { logServerError } from "../../core/server_error_log.ts";
import { sharedTurns } from "../../core/turns.ts";
import type { Limits } from "../../config.ts";
import { CLOSE_CODES } from "../../api/close_codes.ts";
import { DenoEngine } from "./engine/mod.ts";
import type { SocketAdmission, SocketSlot } from "../socket_admission.ts";
import { type SessionOptions, type SessionSocket, SocketIoSession } from "./socketio_session.ts";

export interface SocketIoServerOptions extends SessionOptions {
  limits: Pick<Limits, "frameBytes" | "socketBufferBytes" | "helloTimeMs">;
  /** Where two requests of one client may meet two processes, polling cannot work. */
  polling: boolean;
  /** Counts sockets; whether one may be opened has been asked before. */
  admission: SocketAdmission;
  /** The client's address, behind whatever proxies. */
  addressOf(request: Request, info: Deno.ServeHandlerInfo): string;
}

/** How a packet begins that asks for a socket. */
const CONNECT = "0";
/** Of one connection. One is usual, and one more for each time that its socket is opened again. */
const MAX_CONNECTS = 100;

/**
 * npm `socket.io` on the engine, in front of the hub. Of Socket.IO it is the protocol that is used:
 * its rooms are not, since the hub knows who hears what, nor its connection state recovery. That
 * would keep each packet once more, for minutes, and only on one instance; a client's cursors bring
 * back whatever it missed, at any age and wherever it reconnects.
 */
export class SocketIoServer {
  readonly #engine: DenoEngine;
  readonly #io: Server;
  /** Engine sessions whose socket is connected or about to be: one each. */
  readonly #taken = new WeakSet<object>();
  readonly #slots = new WeakMap<object, SocketSlot>();
  /** For connections without a socket: how long they stay. */
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
    // Before Socket.IO listens, which makes a socket of every CONNECT before anyone is asked.
    this.#engine.on("connection", (conn: SessionSocket["conn"]) => {
      this.#count(conn);
      this.#boundConnects(conn);
    });
    this.#io.bind(this.#engine);
    this.#io.use((socket: SessionSocket, next) => {
      this.#admit(socket).then(() => next(), (error) => next(this.#refusal(socket, error)));
    });
    this.#io.on("connection", (socket: SessionSocket) => socket.data.session!.start());
    // Rooms would cost each socket two maps' entries and two sets.
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

  /** Sends every client elsewhere. */
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
    // socket.io answers a CONNECT at once, and a DISCONNECT that came before it a tick later.
    if (this.#taken.has(conn)) await sharedTurns.next();
    if (this.#taken.has(conn)) {
      throw new AppError(
        "invalid_request",
        "Cannot connect: this connection has its socket already",
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

  /** A connection may open a socket again, but not stay without one for longer than at its beginning. */
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
   * The client gives up after a `connect_error`; so where the fault is ours, and will pass, its
   * connection is closed instead, and it comes again by itself.
   */
  #refusal(socket: SessionSocket, error: unknown): ExtendedError {
    const data = toProblem(error);
    const { log } = this.options;
    const about = { operation: "hello", requestId: socket.id };
    if (error instanceof AppError) logServerError(log, error, about);
    else log.error("A hello failed unexpectedly", { ...about, error });
    if (data.code === "internal" || data.code === "unavailable") {
      this.#engine.closeSession(socket.conn, CLOSE_CODES.unavailable, data.code);
    }
    return Object.assign(new Error(data.detail), { data });
  }
}
