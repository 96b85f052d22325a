import { delay } from "./core/delay.ts";
import type { Log } from "./core/log.ts";

/** What is otherwise done by timers, each of which may run beside itself on another instance. */
export interface TimerParts {
  /** Deletes what has expired, and goes on with erasures. */
  maintain(): Promise<void>;
  /** Deletes uploads that nothing needs. */
  sweepMedia(): Promise<unknown>;
  /** Takes the push entries that are due. */
  pollOutbox(): Promise<void>;
  /** Push entries that are claimed here and not done. */
  claimedPushes(): number;
}

/** A scheduled run on Deno Deploy should end well before the next. */
const LONGEST_MS = 60_000;
const LOOK_EVERY_MS = 50;

/**
 * The work of all timers, on demand: for `Deno.cron`, where a platform stops a server without traffic, and
 * its timers with it. Each part holds a lease, or can be repeated, so that it does no harm beside them.
 */
export class TimerWork {
  #running: Promise<void> | null = null;

  constructor(private readonly parts: TimerParts, private readonly log: Log) {}

  /** Resolves when all is done, or has had its time; a call meanwhile joins it. Never throws. */
  run(): Promise<void> {
    return this.#running ??= this.#run().finally(() => this.#running = null);
  }

  async #run(): Promise<void> {
    const { parts } = this;
    await Promise.all([
      this.#part("maintenance", () => parts.maintain()),
      this.#part("media sweep", () => parts.sweepMedia()),
      this.#part("outbox", () => this.#pushes()),
    ]);
  }

  /** The process may be stopped when this resolves: so it waits for the pushes themselves. */
  async #pushes(): Promise<void> {
    await this.parts.pollOutbox();
    const until = performance.now() + LONGEST_MS;
    while (this.parts.claimedPushes() > 0 && performance.now() < until) await delay(LOOK_EVERY_MS);
  }

  async #part(name: string, run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.log.warn("Scheduled work failed; it is tried again", { part: name, error });
    }
  }
}
