/** Failures in a row after which nothing is sent for a while. */
const FAILURES_TO_OPEN = 3;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 15 * 60_000;

/**
 * Whether one destination is worth a try. After some failures in a row it opens, and nothing is sent; when
 * the pause is over one call goes as a probe, whose failure doubles the pause. A success closes it.
 */
export class CircuitBreaker {
  #failures = 0;
  #openUntil = 0;

  /** Milliseconds until the next call may go; 0 if it may go now. */
  waitMs(now: number): number {
    return Math.max(0, this.#openUntil - now);
  }

  /** Calls that may be under way at once, of `most`: after a failure one at a time. */
  concurrency(most: number): number {
    return this.#failures > 0 ? 1 : most;
  }

  get isClosed(): boolean {
    return this.#failures === 0;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openUntil = 0;
  }

  /** Calls that fail together, in one burst, count no further once they have opened it. */
  failed(now: number): void {
    if (this.waitMs(now) > 0) return;
    this.#failures++;
    if (this.#failures < FAILURES_TO_OPEN) return;
    const doublings = Math.min(this.#failures - FAILURES_TO_OPEN, 20);
    this.#openUntil = now + Math.min(FIRST_PAUSE_MS * 2 ** doublings, LONGEST_PAUSE_MS);
  }
}
