/** Silence for this long is a lull. */
const LULL_MS = 100;
/** Whoever goes on for longer is not waited for: less than a drain waits for its sockets. */
const LONGEST_MS = 1_500;
const LOOK_EVERY_MS = 20;

/**
 * Waits until a peer that is to be closed pauses. Deno drops the connection, and the close frame with
 * it, when one more frame comes after `close`; and who is told to reconnect, or goes too fast, may be
 * in the middle of sending.
 */
export class Lull {
  #heardAt = -Infinity;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Something came. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  /** Calls `then` once, and at once if the peer is silent already. */
  wait(then: () => void): void {
    if (this.#isNow()) return then();
    const until = performance.now() + LONGEST_MS;
    this.#timer = setInterval(() => {
      if (!this.#isNow() && performance.now() < until) return;
      this.end();
      then();
    }, LOOK_EVERY_MS);
  }

  /** Waits no more. */
  end(): void {
    clearInterval(this.#timer);
  }

  #isNow(): boolean {
    return performance.now() - this.#heardAt >= LULL_MS;
  }
}
