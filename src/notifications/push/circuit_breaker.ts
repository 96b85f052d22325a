/** Consecutive failures after which sending is paused. */
const FAILURES_TO_OPEN = 3;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 15 * 60_000;

/**
 * Decides whether a destination is worth an attempt. After some consecutive failures it opens, and
 * nothing is sent; after the pause one call is sent as a probe, whose failure doubles the pause. A
 * success closes it.
 */
export class CircuitBreaker {
  #failures = 0;
  #openUntil = 0;

  /** Milliseconds until the next call may be sent; 0 if it may be sent now. */
  waitMs(now: number): number {
    return Math.max(0, this.#openUntil - now);
  }

  /** Maximum number of concurrent calls, out of `max`: after a failure one at a time. */
  concurrency(max: number): number {
    return this.#failures > 0 ? 1 : max;
  }

  get isClosed(): boolean {
    return this.#failures === 0;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openUntil = 0;
  }

  /** Calls of one burst that fail together count no further once they have opened the breaker. */
  failed(now: number): void {
    if (this.waitMs(now) > 0) return;
    this.#failures++;
    if (this.#failures < FAILURES_TO_OPEN) return;
    const doublings = Math.min(this.#failures - FAILURES_TO_OPEN, 20);
    this.#openUntil = now + Math.min(FIRST_PAUSE_MS * 2 ** doublings, LONGEST_PAUSE_MS);
  }
}
