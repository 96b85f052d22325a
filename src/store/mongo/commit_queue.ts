import { setImmediate } from "node:timers";
import { settledWithin } from "../../core/settled_within.ts";
import type { ChatChange, CommitOutcome } from "../chat_store.ts";

/** Thrown when a transaction for several changes fails because of one of them; nothing was written. */
export class BrokenBatch extends Error {
  override readonly name = "BrokenBatch";
}

export interface Committer {
  /** Applies one change in a separate transaction. */
  alone(change: ChatChange): Promise<CommitOutcome>;
  /** Applies all of the changes in one transaction, or throws `BrokenBatch`. */
  together(changes: ChatChange[]): Promise<void>;
}

interface Waiting {
  change: ChatChange;
  resolve: (outcome: CommitOutcome) => void;
  reject: (reason: unknown) => void;
}

const CHANGES_PER_TRANSACTION = 64;
/** Transactions under way at once, where each takes as much as it may. */
const FULL_TRANSACTIONS_AT_ONCE = 4;
/** Milliseconds after which a transaction holds up the next one no longer. */
const SLOW_MS = 100;
/** Characters of messages after which a transaction takes no further change. */
const CHARACTERS_PER_TRANSACTION = 100_000;

/**
 * Changes to different chats that arrive while a transaction is under way share the next one. Most
 * of a transaction's price is its round trips, which are then paid once for all of them. No timer
 * delays a change: one that comes alone goes at once. Another transaction begins beside one only if
 * it is full, or if the one takes long (its connection may be dead).
 *
 * If one change cannot be applied (its head has moved, its message is stored already), nothing of
 * the batch is written, and each half is tried by itself: so the others share a transaction again,
 * and the one that failed is at last alone and gets its own error. The halves hold up no change that
 * comes later.
 */
export class CommitQueue {
  #waiting: Waiting[] = [];
  #running = 0;
  /** True if the last transaction had several changes: more of them may come in this turn. */
  #isCrowded = false;

  constructor(private readonly committer: Committer) {}

  commit(change: ChatChange): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject });
      if (this.#running === 0 || this.#isFull) this.#run();
    });
  }

  get #isFull(): boolean {
    return this.#waiting.length >= CHANGES_PER_TRANSACTION &&
      this.#running < FULL_TRANSACTIONS_AT_ONCE;
  }

  /** After each transaction, those who were answered may send again before the next is gathered. */
  async #run(): Promise<void> {
    this.#running++;
    if (this.#isCrowded) await nextTurn();
    while (this.#waiting.length > 0) {
      await settledWithin([this.#try(this.#next())], SLOW_MS);
      await nextTurn();
    }
    this.#running--;
  }

  /** At least one, and as many as the limits allow. */
  #next(): Waiting[] {
    let characters = 0, count = 0;
    for (const { change } of this.#waiting) {
      if (count === CHANGES_PER_TRANSACTION) break;
      characters += charactersOf(change);
      if (count > 0 && characters > CHARACTERS_PER_TRANSACTION) break;
      count++;
    }
    this.#isCrowded = count > 1;
    return this.#waiting.splice(0, count);
  }

  async #try(batch: Waiting[]): Promise<void> {
    if (batch.length === 1) return await this.#alone(batch[0]);
    try {
      await this.committer.together(batch.map(({ change }) => change));
    } catch (error) {
      if (error instanceof BrokenBatch) this.#halve(batch);
      else for (const { reject } of batch) reject(error);
      return;
    }
    for (const { resolve } of batch) resolve("committed");
  }

  #halve(batch: Waiting[]): void {
    const half = batch.length >> 1;
    void this.#try(batch.slice(0, half));
    void this.#try(batch.slice(half));
  }

  async #alone({ change, resolve, reject }: Waiting): Promise<void> {
    try {
      resolve(await this.committer.alone(change));
    } catch (error) {
      reject(error);
    }
  }
}

export function charactersOf({ inserted, updated }: ChatChange): number {
  return [...inserted, ...updated]
    .reduce((sum, { text, ciphertext }) => sum + text.length + (ciphertext?.length ?? 0), 0);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
