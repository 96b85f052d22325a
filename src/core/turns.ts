import { setImmediate } from "node:timers";

/**
 * Milliseconds of short work in one turn, besides a long task, requests and events; a started task
 * is finished.
 */
const TURN_MS = 6;

type Task = () => void;

/**
 * Divides long work among turns of the event loop, so that everything else is served in between. A
 * synchronous call, such as a read of SQLite, never leaves its turn by itself: a loop that awaits
 * one read after the other would stop the server for as long as that takes, and twenty searches
 * that each stop after a few milliseconds would run one behind the other in the same turn.
 *
 * Each turn has one long task and then short ones: a request that reads several times, one after
 * the other, would otherwise wait for a write between any two of its reads.
 */
export class Turns {
  readonly #short: Task[] = [];
  /** Tasks that may take a whole turn each. */
  readonly #long: Task[] = [];
  #start: number | undefined;

  /** Runs `work` at once if this turn has time left, else in a later one, in order of asking. */
  run<T>(work: () => T): T | Promise<T> {
    if (this.#short.length === 0 && !this.#isOver()) return work();
    return this.#later(work, this.#short);
  }

  /** Runs `work` in a separate turn. */
  runAlone<T>(work: () => T): Promise<T> {
    return this.#later(work, this.#long);
  }

  /** Resolves in a separate turn, for work of a few milliseconds. */
  next(): Promise<void> {
    return this.#later(() => {}, this.#long);
  }

  #later<T>(work: () => T, queue: Task[]): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      queue.push(() => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      });
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

  /** Runs one task of each kind at least, so that the first in each queue always moves. */
  async #nextTurn(): Promise<void> {
    this.#start = undefined;
    if (this.#short.length + this.#long.length === 0) return;
    this.#begin(performance.now());
    this.#long.shift()?.();
    this.#start = performance.now();
    while (this.#short.length > 0) {
      this.#short.shift()!();
      // The continuation of the task, up to its next wait, belongs to this turn too.
      for (let i = 0; i < 3; i++) await null;
      if (this.#isOver()) return;
    }
  }
}

/** The event loop is one for the whole thread, and so are its turns. */
export const sharedTurns = new Turns();
