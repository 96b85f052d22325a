import type { Db } from "mongodb";

const REFRESH_MS = 60_000;
/** A smaller difference is ignored: leases last many times longer, and rows keep their times. */
const TOLERANCE_MS = 1_000;

/**
 * Difference between the database's clock and this host's. Times that instances compare with each
 * other (leases) are stored by the database's clock, since the clocks of two hosts may be seconds
 * apart.
 */
export class ServerClock {
  #offset = 0;
  #measuredAt = -Infinity;
  #measuring: Promise<void> | null = null;

  constructor(private readonly db: Db, private readonly now: () => number = Date.now) {}

  /** Milliseconds to add to a time of this host. Measured at first, and again in the background. */
  async offset(): Promise<number> {
    if (performance.now() - this.#measuredAt < REFRESH_MS) return this.#offset;
    this.#measuring ??= this.#measure().finally(() => this.#measuring = null);
    if (this.#measuredAt === -Infinity) await this.#measuring;
    else this.#measuring.catch(() => {});
    return this.#offset;
  }

  async #measure(): Promise<void> {
    const asked = this.now();
    const { localTime } = await this.db.command({ hello: 1 });
    const answered = this.now();
    const offset = Math.round(Number(localTime) - (asked + answered) / 2);
    this.#offset = Math.abs(offset) < TOLERANCE_MS ? 0 : offset;
    this.#measuredAt = performance.now();
  }
}
