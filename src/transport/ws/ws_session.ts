import { AppError, type ErrorCode } from "../../core/errors.ts";
import { toProblem } from "../../core/problem.ts";
import { logServerError } from "../../core/server_error_log.ts";
import type { Visitor } from "../../model/caller.ts";
import type { CloseReason } from "../../api/close_codes.ts";
import type { Connection } from "../../realtime/connection.ts";
import { CommandGate } from "../command_gate.ts";
import { hello } from "../hello.ts";
import { type CommandFrame, parseFrame } from "./ws_frame.ts";
import type { WsTransportOptions } from "./ws_options.ts";
import { WsSink } from "./ws_sink.ts";

/** Close reasons for a refused hello: 4001 says that this token is not usable. */
const HELLO_REFUSALS: Partial<Record<ErrorCode, CloseReason>> = {
  invalid_request: "bad_frame",
  rate_limited: "rate_limited",
  unavailable: "unavailable",
  internal: "unavailable",
};

/** Callbacks from a session to its transport. */
export interface WsSessionEvents {
  /** The session completed hello. */
  greeted(): void;
  /**
   * The session has ended for the server, though its connection may still wait for the peer's close
   * frame.
   */
  released(): void;
  /** The connection of the session has ended. */
  ended(): void;
}

/** One WebSocket: first hello, then commands, until either side closes. */
export class WsSession {
  readonly #sink: WsSink;
  #helloTimer: ReturnType<typeof setTimeout> | undefined;
  #connection: Connection | null = null;
  #gate: CommandGate | null = null;
  #greeting = false;

  constructor(
    socket: WebSocket,
    private readonly visitor: Visitor,
    private readonly options: WsTransportOptions,
    private readonly events: WsSessionEvents,
  ) {
    // Deferred: leaving the hub during a broadcast would change the set that is being iterated.
    const onClosing = () => queueMicrotask(() => this.#release());
    this.#sink = new WsSink(socket, {
      maxBufferedBytes: options.limits.socketBufferBytes,
      onClosing,
      idle: () => this.#gate?.idle() ?? null,
    });
    this.#helloTimer = setTimeout(() => this.#refuseSilence(), options.limits.helloTimeMs);
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onopen = () => this.#sink.opened();
    socket.onclose = () => this.#end();
    // A broken connection fires an error and then a close, which is enough.
    socket.onerror = () => {};
  }

  get waitingBytes(): number {
    return this.#sink.waitingBytes;
  }

  close(reason: CloseReason): void {
    this.#sink.close(reason);
  }

  /** Ends the connection of a peer that did not answer the close. */
  drop(): void {
    this.#sink.drop();
  }

  /** Deno fires `close` twice after an idle timeout. */
  #end(): void {
    this.#sink.end();
    this.#release();
    this.events.ended();
  }

  /** Removes the session from the hub and from the counts. */
  #release(): void {
    this.#endHelloTimer();
    if (this.#connection) this.options.services.hub.detach(this.#connection);
    this.#connection = null;
    this.events.released();
  }

  /** Lets go of the timer as well, for all the time that the socket stays. */
  #endHelloTimer(): void {
    clearTimeout(this.#helloTimer);
    this.#helloTimer = undefined;
  }

  #refuseSilence(): void {
    const error = new AppError("unauthenticated", "Cannot open /ws: there was no hello in time");
    this.#refuse(null, error, "unauthenticated");
  }

  #receive(data: unknown): void {
    // Input during the close is read only so that the peer gets the close frame.
    if (this.#sink.isClosing) return;
    let frame: CommandFrame;
    try {
      frame = parseFrame(data, this.options.limits.frameBytes);
    } catch (error) {
      return this.#refuse(null, error, "bad_frame");
    }
    if (frame.error) return this.#reply(frame.id, { ok: false, error: toProblem(frame.error) });
    const { id, cmd, data: input } = frame;
    if (this.#gate) this.#gate.run(cmd, input, (reply) => this.#reply(id, reply));
    else this.#greet(frame);
  }

  async #greet({ id, cmd, data }: CommandFrame): Promise<void> {
    if (this.#greeting) {
      const error = new AppError(
        "invalid_request",
        "Cannot take a command: hello is not answered yet",
      );
      return this.#refuse(id, error, "bad_frame");
    }
    if (cmd !== "hello") {
      const error = new AppError("unauthenticated", "The first command of a socket is hello");
      return this.#refuse(id, error, "unauthenticated");
    }
    this.#greeting = true;
    this.#endHelloTimer();
    try {
      const welcome = await hello(this.options.services, this.visitor, data, this.#sink);
      if (this.#sink.isClosing) {
        return this.options.services.hub.detach(welcome.connection);
      }
      this.#connection = welcome.connection;
      this.events.greeted();
      this.#gate = new CommandGate(
        this.options.commands,
        welcome.connection.caller,
        () => this.#sink.close("rate_limited"),
      );
      this.#reply(id, { ok: true, data: welcome.answer });
      welcome.release();
    } catch (error) {
      this.#refuseHello(id, error);
    }
  }

  #refuseHello(id: unknown, error: unknown): void {
    const { code } = toProblem(error);
    const { log } = this.options;
    const context = { operation: "hello", requestId: this.visitor.requestId };
    if (error instanceof AppError) logServerError(log, error, context);
    else log.error("WebSocket hello failed unexpectedly", { ...context, error });
    this.#refuse(id, error, HELLO_REFUSALS[code] ?? "unauthenticated");
  }

  #refuse(id: unknown, error: unknown, reason: CloseReason): void {
    this.#reply(id, { ok: false, error: toProblem(error) });
    this.#sink.close(reason, error instanceof AppError ? error : undefined);
  }

  #reply(id: unknown, reply: object): void {
    this.#sink.write(JSON.stringify({ id, ...reply }));
  }
}
