import { delay } from "../core/delay.ts";

/** Milliseconds of writing between two pauses, and of a pause. */
const WORK_MS = 100;
const PAUSE_MS = 6;

/** Lets a running server write in between: SQLite has one lock, which others try for every 5 ms. */
export class Pace {
  #paused: Promise<void> | null = null;
  #since = performance.now();

  /** Awaited before each write; all writers pause together. */
  pause(): Promise<void> | void {
    if (this.#paused) return this.#paused;
    if (performance.now() - this.#since < WORK_MS) return;
    this.#paused = delay(PAUSE_MS).then(() => {
      this.#since = performance.now();
      this.#paused = null;
    });
    return this.#paused;
  }
}
