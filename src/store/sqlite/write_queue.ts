import { delay } from "../../core/delay.ts";
import { sharedTurns } from "../../core/turns.ts";
import { BUSY_TIMEOUT_MS } from "./connection.ts";
import type { LogSync } from "./log_sync.ts";
import { isBusy, translated } from "./sqlite_errors.ts";

/** Milliseconds between two attempts to get the lock. */
export const BUSY_RETRY_MS = 5;
/** A transaction starts no further work after this, so that a flood cannot stall the event loop. */
const FLUSH_BUDGET_MS = 10;
/**
 * Writes that wait for the sync under way, to share a transaction; more would be too long for one.
 */
const MAX_GATHERED = 64;

interface PendingWrite {
  run: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

export interface WriteQueueOptions {
  /** Runs a statement that begins or ends a transaction or savepoint. */
  control: (sql: string) => void;
  isInTransaction: () => boolean;
  /** True if statements have changed anything since the previous call. */
  hasChanged: () => boolean;
  /** Null if SQLite itself waits for the disk. */
  log: LogSync | null;
  beforeCommit: () => void;
  /** Runs after a commit that has changed something. */
  onCommit: () => void;
}

/**
 * Writes that arrive in the same turn of the event loop, or while the disk syncs earlier ones,
 * share a transaction: each in a savepoint, so that a failure does not touch the others. None is
 * settled before everything that it has seen or written is on disk.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  #pending: PendingWrite[] = [];
  #busySince: number | undefined;
  #isScheduled = false;
  #isPaused = false;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  push<T>(run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({ run, resolve: resolve as PendingWrite["resolve"], reject });
      if (!this.#isGathering) this.schedule();
    });
  }

  /** Runs a transaction soon, if there is work for it. */
  schedule(): void {
    if (this.#isScheduled || this.#isPaused || this.#pending.length === 0) return;
    this.#isScheduled = true;
    sharedTurns.runAlone(() => this.#flush());
  }

  /** True if `schedule` will be called when the sync under way has ended. */
  get #isGathering(): boolean {
    return this.#options.log?.isUnderWay === true && this.#pending.length < MAX_GATHERED;
  }

  /** Holds transactions back until `resume`. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.schedule();
  }

  /** Runs all transactions that are waiting. */
  async drain(): Promise<void> {
    while (this.#pending.length > 0) {
      this.#flush();
      if (this.#pending.length > 0) await delay(BUSY_RETRY_MS);
    }
  }

  #flush(): void {
    this.#isScheduled = false;
    if (this.#isPaused || this.#pending.length === 0) return;
    const writes = this.#pending;
    try {
      this.#options.log?.requireIntact();
      if (!this.#begin()) return;
      const settled = this.#apply(writes);
      this.#options.beforeCommit();
      this.#options.control("COMMIT");
      this.#pending = writes.slice(settled.length);
      this.#settle(settled, writes);
    } catch (error) {
      this.#pending = [];
      this.#busySince = undefined;
      if (this.#options.isInTransaction()) this.#options.control("ROLLBACK");
      this.#options.hasChanged();
      this.#settle(writes.map(({ reject }) => () => reject(translated(error))), writes);
    }
    this.schedule();
  }

  /**
   * Returns false if another process is writing: then the waiting writes are retried in a moment.
   */
  #begin(): boolean {
    try {
      this.#options.control("BEGIN IMMEDIATE");
    } catch (error) {
      const now = performance.now();
      this.#busySince ??= now;
      if (!isBusy(error) || now - this.#busySince >= BUSY_TIMEOUT_MS) throw error;
      this.#isScheduled = true;
      setTimeout(() => this.#flush(), BUSY_RETRY_MS);
      return false;
    }
    this.#busySince = undefined;
    return true;
  }

  /** Runs as many of the writes as the budget allows, at least one. */
  #apply(writes: PendingWrite[]): (() => void)[] {
    const deadline = performance.now() + FLUSH_BUDGET_MS;
    const settled: (() => void)[] = [];
    for (const write of writes) {
      // A single write needs no savepoint: its failure is the transaction's.
      settled.push(writes.length === 1 ? applied(write) : this.#inSavepoint(write));
      if (performance.now() > deadline) break;
    }
    return settled;
  }

  /** Returns a callback to run once the transaction has been committed. */
  #inSavepoint(write: PendingWrite): () => void {
    this.#options.control("SAVEPOINT write");
    try {
      const settle = applied(write);
      this.#options.control("RELEASE write");
      return settle;
    } catch (error) {
      // A full disk has rolled the whole transaction back already: then this throws, as it should.
      this.#options.control("ROLLBACK TO write");
      this.#options.control("RELEASE write");
      return () => write.reject(translated(error));
    }
  }

  /** A write that changed nothing has seen, perhaps, what is not on disk yet. */
  #settle(settled: (() => void)[], writes: PendingWrite[]): void {
    const { log, hasChanged, onCommit } = this.#options;
    const isChanged = hasChanged();
    const settleAll = () => settled.forEach((settle) => settle());
    const isAlone = settled.length === 1 && writes.length === 1;
    const durable = isChanged ? (isAlone ? log?.syncAlone() : log?.sync()) : log?.pending();
    if (isChanged) onCommit();
    if (durable === undefined) return settleAll();
    durable.then(settleAll, (error) => {
      for (let i = 0; i < settled.length; i++) writes[i].reject(error);
    });
  }
}

/** Returns a callback to run once the transaction has been committed. */
function applied({ run, resolve }: PendingWrite): () => void {
  const value = run();
  return () => resolve(value);
}
