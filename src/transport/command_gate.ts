import { type AppError, rateLimited } from "../core/errors.ts";
import { toProblem } from "../core/problem.ts";
import type { Caller } from "../model/caller.ts";
import type { CommandTable, Reply } from "./command_table.ts";

/** Maximum number of commands of one socket in flight; more are refused as `rate_limited`. */
const MAX_IN_FLIGHT = 1_000;
/** Milliseconds after which commands in flight have usually completed. */
const IN_FLIGHT_MS = 1_000;
/**
 * Maximum number of consecutive refusals for exceeding a rate, after which the socket is closed. A
 * success resets the count.
 */
const MAX_REFUSALS = 1_000;
/** Milliseconds without a refusal after which earlier refusals no longer count. */
const FORGIVEN_MS = 60_000;

const monotonic = () => performance.now();

/**
 * Runs the commands of one socket, on either transport. Limits the commands in flight, and closes
 * the socket of a client that ignores refusals.
 */
export class CommandGate {
  #inFlight = 0;
  #idle: PromiseWithResolvers<void> | null = null;
  #refusals = 0;
  #refusedAt = -Infinity;

  /**
   * `giveUp` closes the socket of a client that keeps exceeding its rate. `now`: milliseconds on a
   * monotonic clock, replaceable for tests.
   */
  constructor(
    private readonly commands: CommandTable,
    private readonly caller: Caller,
    private readonly giveUp: () => void,
    private readonly now: () => number = monotonic,
  ) {}

  /** Calls `answer` exactly once; `answer` must not throw. */
  async run(name: unknown, data: unknown, answer: (reply: Reply) => void): Promise<void> {
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      const message = `There are ${MAX_IN_FLIGHT} commands of this socket under way`;
      return this.refuse(rateLimited(message, IN_FLIGHT_MS), answer);
    }
    this.#inFlight++;
    const reply = await this.commands.run(this.caller, name, data);
    this.#inFlight--;
    this.#settle(reply, answer);
    if (this.#inFlight === 0) this.#idle?.resolve();
  }

  /** Resolves once no command is in flight; null if none is. */
  idle(): Promise<void> | null {
    if (this.#inFlight === 0) return null;
    return (this.#idle ??= Promise.withResolvers<void>()).promise;
  }

  /** Refuses input that fails before it can run as a command. */
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
