import type { Db } from "mongodb";

const REFRESH_MS = 60_000;
/** A smaller difference is ignored: leases last many times longer, and rows keep their times. */
const TOLERANCE_MS = 1_000;

export interface ServerClockOptions {
  now?: () => number;
  /** Called after each measurement with the milliseconds by which this host's clock is behind. */
  onMeasured?: (behindMs: number) => void;
}

/**
 * Difference between the database's clock and this host's. Times that instances compare with each
 * other (leases) are stored by the database's clock, since the clocks of two hosts may be seconds
 * apart.
 */
export class ServerClock {
  readonly #now: () => number;
  readonly #onMeasured: (behindMs: number) => void;
  #offset = 0;
  /** By the monotonic clock; null before the first measurement. */
  #measuredAt: number | null = null;
  /** This host's clock against the monotonic one, at the measurement. */
  #ahead = 0;
  #measuring: Promise<void> | null = null;

  constructor(private readonly db: Db, options: ServerClockOptions = {}) {
    this.#now = options.now ?? Date.now;
    this.#onMeasured = options.onMeasured ?? (() => {});
  }

  /**
   * Milliseconds to add to a time of this host. Measured at first and when this host's clock was
   * set, or stood still while the host was suspended, and again in the background.
   */
  async offset(): Promise<number> {
    const isKnown = this.#measuredAt !== null && !this.#hasJumped();
    if (isKnown && performance.now() - this.#measuredAt! < REFRESH_MS) return this.#offset;
    this.#measuring ??= this.#measure().finally(() => this.#measuring = null);
    if (isKnown) this.#measuring.catch(() => {});
    else await this.#measuring;
    return this.#offset;
  }

  #hasJumped(): boolean {
    return Math.abs(this.#now() - performance.now() - this.#ahead) >= TOLERANCE_MS;
  }

  async #measure(): Promise<void> {
    const asked = performance.now();
    const { localTime } = await this.db.command({ hello: 1 });
    const [answered, now] = [performance.now(), this.#now()];
    const behind = Math.round(Number(localTime) - (now - (answered - asked) / 2));
    this.#offset = Math.abs(behind) < TOLERANCE_MS ? 0 : behind;
    this.#measuredAt = answered;
    this.#ahead = now - answered;
    this.#onMeasured(behind);
  }
}
