import { idAt, timeOf } from "../core/ids.ts";
import { BoundedMap } from "./bounded_map.ts";

/** Values of the counter in an id. */
const PER_MS = 4_096;
const MAX_KNOWN = 100_000;

/**
 * Ids for messages of other times. Both stores sort by id what a search finds, and take it for the
 * order of the history: within a chat each id is above the one before it. SQLite also derives the
 * row's place from the time and the counter of the id, so that both are used once in a run.
 */
export class IdSequence {
  /** The next counter of each millisecond. */
  readonly #counters = new BoundedMap<number, number>(MAX_KNOWN);

  /** `last` is the id of the chat's newest message. */
  next(at: number, last: string | null): string {
    const from = last === null ? at : Math.max(at, timeOf(last));
    const id = this.#take(from);
    return last !== null && id <= last ? this.#take(from + 1) : id;
  }

  #take(from: number): string {
    for (let ms = from;; ms++) {
      // A random start keeps clear of what earlier runs have used; half is left to count up.
      const counter = this.#counters.get(ms) ?? Math.floor(Math.random() * PER_MS / 2);
      if (counter >= PER_MS) continue;
      this.#counters.set(ms, counter + 1);
      return idAt(ms, counter);
    }
  }
}
