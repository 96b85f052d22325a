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

/** What a session tells the server. */
export interface SocketIoSessionEvents {
  /** The server closes it: it does not count any more. */
  closing(): void;
  /** It is over; its connection may go on. */
  ended(): void;
}

/** One socket of the main namespace: its token is checked, it is greeted, and its events are commands. */
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
      // Deferred: leaving the hub amid a broadcast would change what is being gone through.
      queueMicrotask(this.#end);
    });
    // Until the socket is connected only the engine tells that it is gone, and then both may.
    socket.conn.once("close", this.#end);
    socket.once("disconnect", this.#end);
  }

  /** Before the socket is connected. Throws what its `connect_error` is to say. */
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

  /** Once it is connected: the answer to its hello comes first, and then events, without a hole. */
  start(): void {
    const { connection, answer, release } = this.#welcome!;
    this.#welcome = null;
    const gate = new CommandGate(
      this.options.commands,
      connection.caller,
      () => this.#sink.close("rate_limited"),
    );
    // Nothing is passed on: what Socket.IO would do next with an event is to look for listeners.
    this.socket.use((event) => this.#receive(gate, event));
    this.socket.emit("hello", answer);
    this.#forgetHandshake();
    release();
  }

  /** It was needed to come in; kept, it would be memory of every idle socket, and its token in it. */
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
      door: "socketio",
      address,
      userAgent: userAgentOf(headers["user-agent"]),
      requestId: this.socket.id,
    } as const;
    return hello(this.options.services, visitor, auth, this.#sink);
  }

  /** Called by Socket.IO on `nextTick`, past the engine's net: it must not throw. */
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

/** What no schema is asked about: a command is one object of JSON. */
function faultOf(args: unknown[]): string | null {
  if (args.length > 1) {
    return "Cannot read the command: its data is one object, and nothing after it";
  }
  if (holdsBinary(args[0])) {
    return "Cannot read the command: it holds binary data, and must be JSON";
  }
  return null;
}

/** Not by recursion: how deep a client's data goes is only checked later. */
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
