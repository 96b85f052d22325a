import { nextTurn } from "../../core/next_turn.ts";
import { settledWithin } from "../../core/settled_within.ts";
import type { ChatChange, CommitOutcome } from "../chat_store.ts";

/** The change because of which a transaction failed; `isStale` if its head has moved. */
export interface RefusedChange {
  change: ChatChange;
  isStale: boolean;
}

/**
 * Thrown when a transaction for several changes fails because of one of them, `refused` if it is
 * known; nothing was written.
 */
export class BrokenBatch extends Error {
  override readonly name = "BrokenBatch";

  constructor(readonly refused: RefusedChange | null, options?: ErrorOptions) {
    super("Cannot apply one of several changes", options);
  }
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
/** Changes that are worth a second transaction beside one that has as many. */
const CHANGES_BESIDE = 8;
/** Transactions under way at once, where each takes as much as it may. */
const FULL_TRANSACTIONS_AT_ONCE = 4;
/** Milliseconds after which a transaction holds up the next one no longer. */
const SLOW_MS = 100;
/** Characters of messages after which a transaction takes no further change. */
const CHARACTERS_PER_TRANSACTION = 100_000;

/**
 * Changes to different chats that arrive while a transaction is under way share the next one. Most
 * of a transaction's price is its round trips, which are then paid once for all of them. No timer
 * delays a change: one that comes alone goes at once. A second transaction begins beside one when
 * as many changes wait as the one has, so that the database works on it while this process serves
 * those who were answered; more begin only if they are full, or if one takes long (its connection
 * may be dead).
 *
 * If one change cannot be applied (its head has moved, its message is stored already), nothing of
 * the batch is written. If it is known which, the others share a transaction once more; otherwise,
 * and if there is another such change, each half is tried by itself, so that the one that failed is
 * at last alone and gets its own error. These tries hold up no change that comes later.
 */
export class CommitQueue {
  #waiting: Waiting[] = [];
  #running = 0;
  /** Changes in the last transaction: after several, more may come in this turn. */
  #lastCount = 0;

  /** `slowMs` is replaced in tests. */
  constructor(private readonly committer: Committer, private readonly slowMs = SLOW_MS) {}

  commit(change: ChatChange): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject });
      if (this.#mayBegin(this.#running)) this.#run();
    });
  }

  /** True if what waits is worth a transaction beside so many others. */
  #mayBegin(others: number): boolean {
    const count = this.#waiting.length;
    if (others === 0) return count > 0;
    if (others === 1) return count >= Math.max(CHANGES_BESIDE, this.#lastCount);
    return count >= CHANGES_PER_TRANSACTION && others < FULL_TRANSACTIONS_AT_ONCE;
  }

  /** After each transaction, those who were answered may send again before the next is gathered. */
  async #run(): Promise<void> {
    this.#running++;
    if (this.#running > 1 || this.#lastCount > 1) await nextTurn();
    while (this.#mayBegin(this.#running - 1)) {
      await settledWithin([this.#try(this.#next())], this.slowMs);
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
    this.#lastCount = count;
    return this.#waiting.splice(0, count);
  }

  async #try(batch: Waiting[], isRest = false): Promise<void> {
    if (batch.length === 1) return await this.#alone(batch[0]);
    try {
      await this.committer.together(batch.map(({ change }) => change));
    } catch (error) {
      if (!(error instanceof BrokenBatch)) { for (const { reject } of batch) reject(error); }
      else if (error.refused === null || isRest) this.#halve(batch);
      else this.#without(error.refused, batch);
      return;
    }
    for (const { resolve } of batch) resolve("committed");
  }

  #halve(batch: Waiting[]): void {
    const half = batch.length >> 1;
    void this.#try(batch.slice(0, half));
    void this.#try(batch.slice(half));
  }

  #without({ change, isStale }: RefusedChange, batch: Waiting[]): void {
    const [[refused], rest] = [
      batch.filter((each) => each.change === change),
      batch.filter((each) => each.change !== change),
    ];
    void this.#try(rest, true);
    if (isStale) refused.resolve("stale");
    else void this.#alone(refused);
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
