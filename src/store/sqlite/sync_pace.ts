/** Milliseconds of the usual sync above which a reader had better not wait for it. */
const SLOW_MS = 2;
/** Weight of the last sync in the usual one. */
const WEIGHT = 1 / 8;
/** Milliseconds: shorter than to begin a sync in another thread and to learn of its end. */
const QUICK_MS = 0.5;
/** Milliseconds for which sockets should not wait, even seldom. */
const LONG_MS = 10;
/** Number of quick syncs in a row after which the next is expected to be quick, too. */
const QUICK_RUN = 8;
/** The same after a long one. */
const RUN_AFTER_LONG = 1_000;

/** Expectation of the next sync from those before. A disk is slow until it has been quick. */
export class SyncPace {
  #usualMs = 2 * SLOW_MS;
  /** Quick syncs that are missing until the next counts as quick. */
  #missing = QUICK_RUN;

  get isSlow(): boolean {
    return this.#usualMs > SLOW_MS;
  }

  get isQuick(): boolean {
    return this.#missing === 0;
  }

  took(ms: number): void {
    this.#usualMs += (ms - this.#usualMs) * WEIGHT;
    if (ms < QUICK_MS) this.#missing = Math.max(0, this.#missing - 1);
    else this.#missing = Math.max(this.#missing, ms < LONG_MS ? QUICK_RUN : RUN_AFTER_LONG);
  }
}
