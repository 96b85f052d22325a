import { delay } from "../core/delay.ts";
import { AppError } from "../core/errors.ts";

/** In milliseconds. People who write all the time win for long, but not for as long as this. */
const MAX_WAIT_MS = 60_000;
/** Between two attempts, in milliseconds. */
const MAX_DELAY_MS = 50;

/** Counts the attempts to write to a chat that others write to as well. */
export class Contention {
  readonly #deadline = performance.now() + MAX_WAIT_MS;
  #losses = 0;

  get losses(): number {
    return this.#losses;
  }

  /** Called when others have written first: waits a moment. Throws `unavailable` after a minute. */
  async lost(): Promise<void> {
    if (performance.now() >= this.#deadline) {
      throw new AppError("unavailable", "Cannot write to the chat: too many concurrent writes");
    }
    await delay(Math.random() * Math.min(2 ** this.#losses++, MAX_DELAY_MS));
  }
}
