import { sharedTurns } from "./turns.ts";

/** Longest piece of work between two turns: together with the rest of a turn far below 50 ms. */
const SLICE_MS = 5;

/**
 * The time that one piece of long work may take on the event loop: in slices of `SLICE_MS`, each in
 * a separate turn, and `totalMs` of work altogether. Waiting for a turn does not count, so a busy
 * server does the same work for every caller, only later.
 */
export class WorkBudget {
  #spent = 0;
  #sliceStart = performance.now();

  private constructor(private readonly totalMs: number, private readonly sliceMs = SLICE_MS) {}

  /** Resolves at the beginning of the first slice. */
  static async begin(totalMs = Infinity): Promise<WorkBudget> {
    await sharedTurns.next();
    return new WorkBudget(totalMs);
  }

  /** Begins with the current turn, for work that is usually done before the slice is over. */
  static here(sliceMs = SLICE_MS): WorkBudget {
    return new WorkBudget(Infinity, sliceMs);
  }

  /** True once the time is used up: the work has to stop, and return its position. */
  get isSpent(): boolean {
    return this.#spent + this.#elapsed() >= this.totalMs;
  }

  /** True if the slice is over: time for `pause`. A check costs far less than an `await`. */
  get isSliceOver(): boolean {
    return this.#elapsed() >= this.sliceMs;
  }

  /** Resolves at the beginning of the next slice, or at once if this one is not over. */
  async pause(): Promise<void> {
    if (!this.isSliceOver) return;
    this.#spent += this.#elapsed();
    await sharedTurns.next();
    this.#sliceStart = performance.now();
  }

  /** Runs I/O that is not work of this thread; its waiting time does not count. */
  async waitFor<T>(outside: Promise<T>): Promise<T> {
    this.#spent += this.#elapsed();
    try {
      return await outside;
    } finally {
      await sharedTurns.next();
      this.#sliceStart = performance.now();
    }
  }

  #elapsed(): number {
    return performance.now() - this.#sliceStart;
  }
}

/** Yields if the slice is over; awaited between the steps of a long computation. */
export type Pause = () => Promise<void> | void;

/**
 * Returns the pause for one computation that has no other use for its budget. `await` alone does
 * not yield: promises that are settled already go on before timers and sockets, so a loop of quick
 * awaits holds the event loop like a plain one.
 */
export function timeSlices(sliceMs = SLICE_MS): Pause {
  const budget = WorkBudget.here(sliceMs);
  return () => budget.isSliceOver ? budget.pause() : undefined;
}
