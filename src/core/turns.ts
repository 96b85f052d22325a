import { setImmediate } from "node:timers";

/** Work of one turn, beside what requests and events bring; what is begun by then is finished. */
const TURN_MS = 6;

interface Task {
  run: () => void;
  /** True for what may take a whole turn. */
  isLong: boolean;
}

/**
 * Divides work that others make long among turns of the event loop, so that all else is served in between.
 * What returns at once, such as a read of SQLite, never leaves its turn by itself: a loop that awaits
 * one read after the other would stop the server for as long as that takes, and twenty searches that each
 * stop after a few milliseconds would run one behind the other in the same turn.
 */
export class Turns {
  readonly #waiting: Task[] = [];
  #start: number | undefined;

  /** Runs `work` at once if this turn has time left, else in a later one, in order of asking. */
  run<T>(work: () => T): T | Promise<T> {
    if (this.#waiting.length === 0 && !this.#isOver()) return work();
    return this.#later(work, false);
  }

  /** Runs `work` in a turn of its own. */
  runAlone<T>(work: () => T): Promise<T> {
    return this.#later(work, true);
  }

  /** Resolves in a turn of its own, for work of a few milliseconds. */
  next(): Promise<void> {
    return this.#later(() => {}, true);
  }

  #later<T>(work: () => T, isLong: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const run = () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      this.#waiting.push({ run, isLong });
      if (this.#start === undefined) this.#begin(performance.now());
    });
  }

  #isOver(): boolean {
    const now = performance.now();
    if (this.#start === undefined) this.#begin(now);
    return now - this.#start! >= TURN_MS;
  }

  #begin(now: number): void {
    this.#start = now;
    setImmediate(() => this.#nextTurn());
  }

  /** Runs one task at least, so that the first in the queue always moves. */
  async #nextTurn(): Promise<void> {
    this.#start = undefined;
    if (this.#waiting.length === 0) return;
    this.#begin(performance.now());
    for (;;) {
      const task = this.#waiting.shift()!;
      task.run();
      if (task.isLong || this.#waiting.length === 0 || this.#waiting[0].isLong) return;
      // What the task's result leads to, up to its next wait, is work of this turn too.
      for (let i = 0; i < 3; i++) await null;
      if (this.#waiting.length === 0 || this.#isOver()) return;
    }
  }
}

/** The event loop is one for the whole thread, and so are its turns. */
export const sharedTurns = new Turns();
