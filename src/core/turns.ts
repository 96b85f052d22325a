import { setImmediate } from "node:timers";

/** Milliseconds of work in one turn, besides requests and events; a started task is finished. */
const TURN_MS = 6;

interface Task {
  run: () => void;
  /** True for a task that may take a whole turn. */
  isLong: boolean;
}

/**
 * Divides long work among turns of the event loop, so that everything else is served in between. A
 * synchronous call, such as a read of SQLite, never leaves its turn by itself: a loop that awaits
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

  /** Runs `work` in a separate turn. */
  runAlone<T>(work: () => T): Promise<T> {
    return this.#later(work, true);
  }

  /** Resolves in a separate turn, for work of a few milliseconds. */
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
      // The continuation of the task, up to its next wait, belongs to this turn too.
      for (let i = 0; i < 3; i++) await null;
      if (this.#waiting.length === 0 || this.#isOver()) return;
    }
  }
}

/** The event loop is one for the whole thread, and so are its turns. */
export const sharedTurns = new Turns();
