import { Slots } from "../core/concurrency.ts";
import { rateLimited } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { LimitName, Operation } from "../api/operation.ts";
import { isCaller } from "./rate_key.ts";

/** Maximum number of one person's reads that are under way at a time. */
const AT_ONCE = 16;
/**
 * Maximum number of one person's reads that wait for another to end: no fewer than the commands of
 * one socket in flight, which wait here and hold little.
 */
const WAITING = 1_000;
/** When a refused client is to try again. */
const RETRY_MS = 1_000;

/** The limits of the operations that may answer with a page. */
const READS: ReadonlySet<LimitName> = new Set(["read", "search"]);

interface Reads {
  count: number;
  slots: Slots;
}

/**
 * Bounds the reads of one person that are under way in this instance, on all transports: each holds
 * a page of some megabytes before anything can tell whether its client will read it.
 */
export class OwnReads {
  readonly #people = new Map<string, Reads>();

  /** Runs `work` in order of asking; throws `rate_limited` if too many wait already. */
  async run<T>(userId: string, work: () => Promise<T>): Promise<T> {
    const reads = this.#of(userId);
    if (reads.count >= AT_ONCE + WAITING) {
      const message = `Cannot read: ${AT_ONCE} reads are under way, and ${WAITING} wait`;
      throw rateLimited(message, RETRY_MS);
    }
    reads.count++;
    try {
      return await reads.slots.run(work);
    } finally {
      if (--reads.count === 0) this.#people.delete(userId);
    }
  }

  #of(userId: string): Reads {
    let reads = this.#people.get(userId);
    if (!reads) this.#people.set(userId, reads = { count: 0, slots: new Slots(AT_ONCE) });
    return reads;
  }
}

/**
 * Returns the person whose reads count, or null. A server with an API key acts for many people and
 * is trusted to read what it requests.
 */
export function readerOf({ limit }: Operation, caller: Caller | Visitor): string | null {
  return READS.has(limit) && isCaller(caller) && !caller.key ? caller.userId : null;
}
