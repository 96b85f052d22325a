import { AppError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { userAgentOf } from "../../model/caller.ts";
import type { Connection } from "../../realtime/connection.ts";
import { CommandGate } from "../command_gate.ts";
import type { CommandTable, Reply } from "../command_table.ts";
import { hello, type HelloServices, type Welcome } from "../hello.ts";
import type { DenoEngine } from "./engine/mod.ts";
import type { ChatSocket } from "./chat_socket.ts";
import { SocketIoSink } from "./socketio_sink.ts";

export type SessionSocket = ChatSocket<SocketIoSession>;

export interface SessionOptions {
  commands: CommandTable;
  services: HelloServices;
  log: Log;
}

/** Callbacks from a session to the server. */
export interface SocketIoSessionEvents {
  /** The server has closed the session, which no longer counts. */
  closing(): void;
  /** The session has ended; its connection may go on. */
  ended(): void;
}

/**
 * One socket of the main namespace: verifies its token, handles hello, and runs its events as
 * commands.
 */
export class SocketIoSession {
  readonly #sink: SocketIoSink;
  #connection: Connection | null = null;
  #welcome: Welcome | null = null;
  #ended = false;

  constructor(
    private readonly socket: SessionSocket,
    engine: DenoEngine,
    private readonly options: SessionOptions,
    private readonly events: SocketIoSessionEvents,
  ) {
    this.#sink = new SocketIoSink(socket, engine, () => {
      this.events.closing();
      // Deferred: leaving the hub during a broadcast would change the set that is being iterated.
      queueMicrotask(this.#end);
    });
    // Until the socket is connected only the engine reports that it is gone; after that both may.
    socket.conn.once("close", this.#end);
    socket.once("disconnect", this.#end);
  }

  /** Runs before the socket is connected. Throws the error that `connect_error` reports. */
  async admit(): Promise<void> {
    try {
      const welcome = await this.#hello();
      if (this.#ended) return this.options.services.hub.detach(welcome.connection);
      this.#welcome = welcome;
      this.#connection = welcome.connection;
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /**
   * Runs once the socket is connected: sends the reply to hello first and then the events, without
   * a gap.
   */
  start(): void {
    const { connection, answer, release } = this.#welcome!;
    this.#welcome = null;
    const gate = new CommandGate(
      this.options.commands,
      connection.caller,
      () => this.#sink.close("rate_limited"),
    );
    // `next` is never called: Socket.IO would then only look for listeners of the event.
    this.socket.use((event) => this.#receive(gate, event));
    this.socket.emit("hello", answer);
    this.#forgetHandshake();
    release();
  }

  /**
   * Drops the handshake's data, which is not needed after hello: each idle socket would keep memory
   * and its token.
   */
  #forgetHandshake(): void {
    const { conn, handshake } = this.socket;
    Object.assign(handshake, { headers: {}, query: {}, auth: {} });
    Object.assign(conn, { request: null });
  }

  #hello(): Promise<Welcome> {
    const { auth, address, headers } = this.socket.handshake;
    if (auth.token === undefined || auth.token === null || auth.token === "") {
      throw new AppError("unauthenticated", "Cannot connect: auth.token is missing");
    }
    const visitor = {
      transport: "socketio",
      address,
      userAgent: userAgentOf(headers["user-agent"]),
      requestId: this.socket.id,
    } as const;
    return hello(this.options.services, visitor, auth, this.#sink);
  }

  /** Called by Socket.IO on `nextTick`, outside the engine's guard: must not throw. */
  #receive(gate: CommandGate, [name, ...args]: unknown[]): void {
    if (this.#ended) return;
    const last = args.at(-1);
    const acknowledge = typeof last === "function" ? (args.pop(), last) : null;
    const answer = (reply: Reply) => {
      try {
        acknowledge?.(reply);
      } catch (error) {
        this.options.log.error("An acknowledgement failed unexpectedly", { error });
      }
    };
    const fault = faultOf(args);
    if (fault) gate.refuse(new AppError("invalid_request", fault), answer);
    else gate.run(name, args[0], answer);
  }

  readonly #end = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.socket.conn.off("close", this.#end);
    if (this.#connection) this.options.services.hub.detach(this.#connection);
    this.events.ended();
  };
}

/** Checks what no schema checks: a command has exactly one argument, an object of JSON. */
function faultOf(args: unknown[]): string | null {
  if (args.length > 1) {
    return "Cannot read the command: its data is one object, and nothing after it";
  }
  if (holdsBinary(args[0])) {
    return "Cannot read the command: it holds binary data, and must be JSON";
  }
  return null;
}

/** Iterative, because the depth of a client's data is only checked later. */
function holdsBinary(value: unknown): boolean {
  const rest = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next !== "object" || next === null) continue;
    if (ArrayBuffer.isView(next) || next instanceof ArrayBuffer) return true;
    for (const inner of Object.values(next)) rest.push(inner);
  }
  return false;
}
