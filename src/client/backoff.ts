const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How long to wait before the next try: twice as long each time up to half a minute, and a random part
 * of it, so that many clients that lost one server do not come back at one moment.
 */
export class Backoff {
  #failures = 0;

  reset(): void {
    this.#failures = 0;
  }

  next(): number {
    const longest = Math.min(FIRST_MS * 2 ** this.#failures++, LONGEST_MS);
    return longest * (0.5 + Math.random() / 2);
  }
}
