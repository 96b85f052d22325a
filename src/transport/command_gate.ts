import { AppError } from "../core/errors.ts";
import { toProblem } from "../core/problem.ts";
import type { Caller } from "../model/caller.ts";
import type { CommandTable, Reply } from "./command_table.ts";

/** Commands of one socket that are under way at once; more is answered `rate_limited`. */
const MAX_IN_FLIGHT = 1_000;
/** Refusals for going too fast, without one success between them, after which the socket is closed. */
const MAX_REFUSALS = 1_000;
/** Refusals are forgiven when none followed for this long. */
const FORGIVEN_MS = 60_000;

/** The commands of one socket, whichever kind it is: how many at once, and when to give up on it. */
export class CommandGate {
  #inFlight = 0;
  #idle: PromiseWithResolvers<void> | null = null;
  #refusals = 0;
  #refusedAt = -Infinity;

  /**
   * `giveUp` closes the socket: it goes on too fast, however often it is told. `now`: milliseconds that
   * only go forward, for tests.
   */
  constructor(
    private readonly commands: CommandTable,
    private readonly caller: Caller,
    private readonly giveUp: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Calls `answer` once, which must not throw. */
  async run(name: unknown, data: unknown, answer: (reply: Reply) => void): Promise<void> {
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      const about = `There are ${MAX_IN_FLIGHT} commands of this socket under way`;
      return this.refuse(new AppError("rate_limited", about), answer);
    }
    this.#inFlight++;
    const reply = await this.commands.run(this.caller, name, data);
    this.#inFlight--;
    this.#settle(reply, answer);
    if (this.#inFlight === 0) this.#idle?.resolve();
  }

  /** Resolves once no command is under way; null where none is. */
  idle(): Promise<void> | null {
    if (this.#inFlight === 0) return null;
    return (this.#idle ??= Promise.withResolvers<void>()).promise;
  }

  /** For what is wrong before it is a command. */
  refuse(error: AppError, answer: (reply: Reply) => void): void {
    this.#settle({ ok: false, error: toProblem(error) }, answer);
  }

  #settle(reply: Reply, answer: (reply: Reply) => void): void {
    answer(reply);
    if (reply.ok) this.#refusals = 0;
    else if (reply.error.code === "rate_limited") this.#count();
  }

  #count(): void {
    const now = this.now();
    if (now - this.#refusedAt > FORGIVEN_MS) this.#refusals = 0;
    this.#refusedAt = now;
    if (++this.#refusals >= MAX_REFUSALS) this.giveUp();
  }
}
