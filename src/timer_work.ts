import { delay } from "./core/delay.ts";
import type { Log } from "./core/log.ts";

/** Work that is usually done by timers. Each part may run on several instances at once. */
export interface TimerParts {
  /** Deletes what has expired, and continues erasures. */
  maintain(): Promise<void>;
  /** Deletes uploads that are no longer needed. */
  sweepMedia(): Promise<unknown>;
  /** Claims the push entries that are due. */
  pollOutbox(): Promise<void>;
  /** Number of push entries claimed by this instance and not finished. */
  claimedPushes(): number;
  /** Sends the webhooks that are due. */
  pollWebhooks(): Promise<void>;
  /** True while this instance sends webhooks. */
  isSendingWebhooks(): boolean;
}

/** Time limit in milliseconds: a scheduled run on Deno Deploy should end well before the next. */
const LONGEST_MS = 60_000;
const LOOK_EVERY_MS = 50;

/**
 * Does the work of all timers on demand: for `Deno.cron` on a platform that stops a server without
 * traffic, and its timers with it. Each part holds a lease or can be repeated, so it does no harm
 * next to running timers.
 */
export class TimerWork {
  #running: Promise<void> | null = null;

  constructor(private readonly parts: TimerParts, private readonly log: Log) {}

  /**
   * Resolves when everything is done or the time limit has passed; a call in the meantime joins the
   * running one. Never throws.
   */
  run(): Promise<void> {
    return this.#running ??= this.#run().finally(() => this.#running = null);
  }

  async #run(): Promise<void> {
    const { parts } = this;
    await Promise.all([
      this.#part("maintenance", () => parts.maintain()),
      this.#part("media sweep", () => parts.sweepMedia()),
      this.#part("outbox", () => this.#pushes()),
      this.#part("webhooks", () => this.#webhooks()),
    ]);
  }

  /** Waits for the pushes themselves, because the process may be stopped once this resolves. */
  async #pushes(): Promise<void> {
    await this.parts.pollOutbox();
    await untilIdle(() => this.parts.claimedPushes() > 0);
  }

  async #webhooks(): Promise<void> {
    await this.parts.pollWebhooks();
    await untilIdle(() => this.parts.isSendingWebhooks());
  }

  async #part(name: string, run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.log.warn("Scheduled work failed; it is tried again", { part: name, error });
    }
  }
}

/** Resolves once the work is done or the time limit has passed. */
async function untilIdle(isBusy: () => boolean): Promise<void> {
  const until = performance.now() + LONGEST_MS;
  while (isBusy() && performance.now() < until) await delay(LOOK_EVERY_MS);
}
