import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { delay } from "../../core/delay.ts";
import type { Log } from "../../core/log.ts";
import { sharedTurns } from "../../core/turns.ts";
import { vacuumIfDue } from "./deleted_rows.ts";
import { migrate } from "./migrations.ts";
import { isBusy, translated, unavailable } from "./sqlite_errors.ts";
import type { RawRow } from "./table.ts";

/** Milliseconds to wait for another process's transaction. */
const BUSY_TIMEOUT_MS = 5_000;
/** Milliseconds between two attempts to get the lock. */
const BUSY_RETRY_MS = 5;

/** Rows read by one call if their number is unbounded. */
export const ROWS_PER_SLICE = 256;
/** Rows changed by one transaction if their number is unbounded. */
export const ROWS_PER_WRITE = 256;

/** A transaction starts no further work after this, so that a flood cannot stall the event loop. */
const FLUSH_BUDGET_MS = 10;

interface PendingWrite {
  run: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * One connection. Its calls are synchronous and short; waiting for the disk once per write would be
 * slow, so writes that arrive in the same turn of the event loop share a transaction: each in a
 * savepoint, so that a failure does not touch the others, and none resolves before the commit.
 *
 * The whole server waits while a call runs. So a call reads or changes few rows, however many
 * people have stored (`readParts` and `writeParts` divide large numbers), and SQLite never sleeps
 * for a lock that another process holds: a timer repeats the attempt.
 */
export class Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #pending: PendingWrite[] = [];
  #busySince: number | undefined;
  #closing: Promise<void> | undefined;

  constructor(path: string, log?: Log) {
    try {
      this.#connection = open(path, log);
    } catch (cause) {
      // SQLite reports the reason, and seldom the file.
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Cannot open ${path}: ${reason}`, { cause });
    }
  }

  get(sql: string, ...values: SQLInputValue[]): RawRow | undefined {
    return this.#prepared(sql).get(...values);
  }

  all(sql: string, ...values: SQLInputValue[]): RawRow[] {
    return this.#prepared(sql).all(...values);
  }

  /** Returns the number of rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  /** Returns the rowid of the new row. */
  insert(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).lastInsertRowid);
  }

  /** Sees every resolved write, and no half-done transaction: transactions end within a turn. */
  async read<T>(work: () => T): Promise<T> {
    for (const deadline = performance.now() + BUSY_TIMEOUT_MS;;) {
      try {
        const value = sharedTurns.run(work);
        return value instanceof Promise ? await value : value;
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw translated(error);
      }
      // Rare with a write-ahead log: another process is recovering it or closing the file.
      await delay(BUSY_RETRY_MS);
    }
  }

  /** For work that reads in several turns: translates its errors as `read` does. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translated(error);
    }
  }

  /** Reads the rows of many keys in slices. Writes may run in between. */
  async readParts<Key, Row>(keys: readonly Key[], work: (part: Key[]) => Row[]): Promise<Row[]> {
    const rows: Row[] = [];
    for (let at = 0; at < keys.length; at += ROWS_PER_SLICE) {
      const part = await this.read(() => work(keys.slice(at, at + ROWS_PER_SLICE)));
      for (const row of part) rows.push(row);
    }
    return rows;
  }

  /** Reads pages of `ROWS_PER_SLICE` rows, each after the last row of the previous page. */
  async readPages<Row>(work: (last: Row | null) => Row[]): Promise<Row[]> {
    const rows: Row[] = [];
    for (;;) {
      const page = await this.read(() => work(rows.at(-1) ?? null));
      for (const row of page) rows.push(row);
      if (page.length < ROWS_PER_SLICE) return rows;
    }
  }

  /**
   * Repeats `work`, in a transaction each time, until it changes fewer than `ROWS_PER_WRITE` rows,
   * which it must use as its LIMIT. Returns the number of rows changed. If it fails halfway,
   * earlier changes stay.
   */
  async writeParts(work: () => number): Promise<number> {
    for (let total = 0;;) {
      const changed = await this.write(work);
      total += changed;
      if (changed < ROWS_PER_WRITE) return total;
    }
  }

  /**
   * Deletes the rows that meet the condition, a limited number per transaction; `key` is a unique
   * column.
   */
  deleteParts(
    table: string,
    condition: string,
    values: SQLInputValue[],
    key = "rowid",
  ): Promise<number> {
    const sql = `DELETE FROM ${table} WHERE (${key}) IN
      (SELECT ${key} FROM ${table} WHERE ${condition} LIMIT ${ROWS_PER_WRITE})`;
    return this.writeParts(() => this.run(sql, ...values));
  }

  /**
   * Applies `work` as a whole or not at all; resolves once it is on disk. `work` must be
   * synchronous.
   */
  write<T>(work: () => T): Promise<T> {
    if (this.#isClosing) return Promise.reject(unavailable("The store is closed"));
    return new Promise<T>((resolve, reject) => {
      if (this.#pending.length === 0) sharedTurns.runAlone(() => this.#flush());
      this.#pending.push({ run: work, resolve: resolve as PendingWrite["resolve"], reject });
    });
  }

  /**
   * Copies the write-ahead log into the file and empties the log. Never waits: while another
   * process uses the log, it is left to the next time.
   */
  truncateLog(): void {
    if (this.#isClosing) return;
    try {
      this.get("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // A busy or full disk: writes report that themselves.
    }
  }

  /** Accepted writes are written first. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  get #isClosing(): boolean {
    return this.#closing !== undefined;
  }

  async #close(): Promise<void> {
    while (this.#pending.length > 0) {
      this.#flush();
      if (this.#pending.length > 0) await delay(BUSY_RETRY_MS);
    }
    this.#connection.close();
  }

  #flush(): void {
    const writes = this.#pending;
    if (writes.length === 0) return;
    const settled: (() => void)[] = [];
    try {
      if (!this.#begin()) return;
      const taken = this.#apply(writes, settled);
      this.run("COMMIT");
      this.#pending = writes.slice(taken);
    } catch (error) {
      this.#pending = [];
      this.#busySince = undefined;
      if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
      for (const { reject } of writes) reject(translated(error));
      return;
    }
    if (this.#pending.length > 0 && !this.#isClosing) {
      sharedTurns.runAlone(() => this.#flush());
    }
    for (const settle of settled) settle();
  }

  /**
   * Returns false if another process is writing: then the waiting writes are retried in a moment.
   */
  #begin(): boolean {
    try {
      this.run("BEGIN IMMEDIATE");
    } catch (error) {
      const now = performance.now();
      this.#busySince ??= now;
      if (!isBusy(error) || now - this.#busySince >= BUSY_TIMEOUT_MS) throw error;
      if (!this.#isClosing) setTimeout(() => this.#flush(), BUSY_RETRY_MS);
      return false;
    }
    this.#busySince = undefined;
    return true;
  }

  /** Returns how many of the writes it ran within the budget, at least one. */
  #apply(writes: PendingWrite[], settled: (() => void)[]): number {
    const deadline = performance.now() + FLUSH_BUDGET_MS;
    let taken = 0;
    for (const write of writes) {
      // A single write needs no savepoint: its failure is the transaction's.
      settled.push(writes.length === 1 ? applied(write) : this.#inSavepoint(write));
      taken++;
      if (performance.now() > deadline) break;
    }
    return taken;
  }

  /** Returns a callback to run once the transaction has been committed. */
  #inSavepoint(write: PendingWrite): () => void {
    this.run("SAVEPOINT write");
    try {
      const settle = applied(write);
      this.run("RELEASE write");
      return settle;
    } catch (error) {
      // A full disk has rolled the whole transaction back already: then this throws, as it should.
      this.run("ROLLBACK TO write");
      this.run("RELEASE write");
      return () => write.reject(translated(error));
    }
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** Returns a callback to run once the transaction has been committed. */
function applied({ run, resolve }: PendingWrite): () => void {
  const value = run();
  return () => resolve(value);
}

function open(path: string, log: Log | undefined): DatabaseSync {
  const connection = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    configure(connection);
    migrate(connection);
    vacuumIfDue(connection, log);
    // From here on requests are served, and SQLite's own waiting would put the whole thread to
    // sleep.
    connection.exec("PRAGMA busy_timeout = 0");
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function configure(connection: DatabaseSync): void {
  useWriteAheadLog(connection);
  // FULL: a resolved write survives a power loss, not only a crash of the process.
  connection.exec(
    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY",
  );
  // Deleted rows are overwritten with zeros, not only unlinked.
  connection.exec("PRAGMA secure_delete = ON");
  connection.exec("PRAGMA cache_size = -32768; PRAGMA mmap_size = 268435456");
  // Four times the default: pages that many commits touch are copied back once for all of them.
  connection.exec("PRAGMA wal_autocheckpoint = 4000");
}

/**
 * Two processes that start at once may refuse each other the switch, and no busy timeout covers it.
 */
function useWriteAheadLog(connection: DatabaseSync): void {
  const deadline = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      connection.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}
