const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * Returns the time to wait before the next attempt: twice as long each time, up to half a minute,
 * with a random part, so that the clients of a failed server do not reconnect at the same moment.
 * Where the server said when (`Retry-After`), that time comes before it.
 */
export class Backoff {
  #failures = 0;

  reset(): void {
    this.#failures = 0;
  }

  next(error?: unknown): number {
    const longest = Math.min(FIRST_MS * 2 ** this.#failures++, LONGEST_MS);
    const { retryAfterMs = 0 } = Object(error);
    return retryAfterMs + longest * (0.5 + Math.random() / 2);
  }
}
