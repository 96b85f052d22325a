export interface BreakerOptions {
  /** Consecutive failures after which sending is paused. */
  failures?: number;
  firstPauseMs?: number;
  longestPauseMs?: number;
}

/**
 * Decides whether a destination is worth an attempt. After some consecutive failures it opens, and
 * nothing is sent; after the pause one call is sent as a probe, whose failure doubles the pause. A
 * success closes it.
 */
export class CircuitBreaker {
  readonly #options: Required<BreakerOptions>;
  #failures = 0;
  #openUntil = 0;

  constructor(options: BreakerOptions = {}) {
    this.#options = { failures: 3, firstPauseMs: 30_000, longestPauseMs: 900_000, ...options };
  }

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
    const { failures, firstPauseMs, longestPauseMs } = this.#options;
    if (this.#failures < failures) return;
    const doublings = Math.min(this.#failures - failures, 20);
    this.#openUntil = now + Math.min(firstPauseMs * 2 ** doublings, longestPauseMs);
  }
}
