import { AppError } from "../../core/errors.ts";
import { type Problem, toProblem } from "../../core/problem.ts";
import type { Visitor } from "../../model/caller.ts";
import type { CloseReason, Connection } from "../../realtime/connection.ts";
import { hello } from "../hello.ts";
import { type CommandFrame, parseFrame } from "./ws_frame.ts";
import type { WsDoorOptions } from "./ws_door.ts";
import { WsSink } from "./ws_sink.ts";

/** Commands of one socket that are under way at once; more is answered `rate_limited`. */
const MAX_IN_FLIGHT = 1_000;
/** Refusals for going too fast, without one success between them, after which the socket is closed. */
const MAX_REFUSALS = 1_000;

/** One WebSocket: first hello, then commands, until either side closes. */
export class WsSession {
  onEnd: () => void = () => {};
  readonly #sink: WsSink;
  readonly #helloTimer: ReturnType<typeof setTimeout>;
  #connection: Connection | null = null;
  #greeting = false;
  #inFlight = 0;
  #refusals = 0;

  constructor(
    private readonly socket: WebSocket,
    private readonly visitor: Visitor,
    private readonly options: WsDoorOptions,
  ) {
    this.#sink = new WsSink(socket, options.limits.socketBufferBytes);
    this.#helloTimer = setTimeout(() => this.#refuseSilence(), options.limits.helloTimeMs);
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = () => this.#end();
    // A broken connection is an error and then a close.
    socket.onerror = () => {};
  }

  close(reason: CloseReason): void {
    // `close` while the handshake is under way would leave the peer open: it is said again then.
    this.socket.onopen = () => this.#sink.close(reason);
    this.#sink.close(reason);
  }

  #end(): void {
    clearTimeout(this.#helloTimer);
    if (this.#connection) this.options.services.hub.detach(this.#connection);
    this.#connection = null;
    this.onEnd();
  }

  #refuseSilence(): void {
    const error = new AppError("unauthenticated", "Opening /ws: there was no hello in time");
    this.#refuse(null, error, "unauthenticated");
  }

  #receive(data: unknown): void {
    let frame: CommandFrame;
    try {
      frame = parseFrame(data, this.options.limits.frameBytes);
    } catch (error) {
      return this.#refuse(null, error, "bad_frame");
    }
    if (frame.error) return this.#reply(frame.id, { ok: false, error: toProblem(frame.error) });
    if (this.#connection) this.#command(frame);
    else this.#greet(frame);
  }

  async #greet({ id, cmd, data }: CommandFrame): Promise<void> {
    if (cmd !== "hello" || this.#greeting) {
      const error = new AppError("unauthenticated", "The first command of a socket is hello");
      return this.#refuse(id, error, "unauthenticated");
    }
    this.#greeting = true;
    try {
      const welcome = await hello(this.options.services, this.visitor, data, this.#sink);
      clearTimeout(this.#helloTimer);
      if (this.socket.readyState !== WebSocket.OPEN) {
        return this.options.services.hub.detach(welcome.connection);
      }
      this.#connection = welcome.connection;
      this.#reply(id, { ok: true, data: welcome.answer });
      welcome.release();
    } catch (error) {
      this.#refuseHello(id, error);
    }
  }

  #refuseHello(id: unknown, error: unknown): void {
    const { code } = toProblem(error);
    if (code === "internal") this.options.log.error("A hello failed unexpectedly", { error });
    const reason = code === "rate_limited"
      ? "rate_limited"
      : code === "internal" || code === "unavailable"
      ? "restart"
      : "unauthenticated";
    this.#refuse(id, error, reason);
  }

  async #command({ id, cmd, data }: CommandFrame): Promise<void> {
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      const about = `There are ${MAX_IN_FLIGHT} commands of this socket under way`;
      return this.#answer(id, { ok: false, error: toProblem(new AppError("rate_limited", about)) });
    }
    this.#inFlight++;
    const caller = this.#connection!.caller;
    const reply = await this.options.commands.run(caller, cmd, data);
    this.#inFlight--;
    this.#answer(id, reply);
  }

  #answer(id: unknown, reply: { ok: true; data: unknown } | { ok: false; error: Problem }): void {
    this.#reply(id, reply);
    if (reply.ok) this.#refusals = 0;
    else if (reply.error.code === "rate_limited" && ++this.#refusals >= MAX_REFUSALS) {
      this.#sink.close("rate_limited");
    }
  }

  #refuse(id: unknown, error: unknown, reason: CloseReason): void {
    this.#reply(id, { ok: false, error: toProblem(error) });
    this.#sink.close(reason, error instanceof AppError ? error : undefined);
  }

  #reply(id: unknown, reply: object): void {
    this.#sink.write(JSON.stringify({ id, ...reply }));
  }
}
