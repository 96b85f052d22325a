import { setImmediate } from "node:timers";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { vacuumIfDue } from "./deleted_rows.ts";
import { migrate } from "./migrations.ts";
import { translated, unavailable } from "./sqlite_errors.ts";
import type { RawRow } from "./table.ts";

/** How long another process's transaction is waited for. */
const BUSY_TIMEOUT_MS = 5_000;

/** A transaction takes in no further work after this, so that a flood cannot stall the event loop. */
const FLUSH_BUDGET_MS = 10;

interface PendingWrite {
  run: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/**
 * One connection. Its calls are synchronous and short; what would be slow is waiting for the disk once
 * a write, so writes that arrive in the same turn of the event loop share a transaction: each in a
 * savepoint, so that one's failure does not touch the others, and none is answered before the commit.
 */
export class Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #pending: PendingWrite[] = [];
  #closed = false;

  constructor(path: string) {
    try {
      this.#connection = open(path);
    } catch (cause) {
      // SQLite says what is wrong, and seldom with which file.
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Opening ${path} failed: ${reason}`, { cause });
    }
  }

  get(sql: string, ...values: SQLInputValue[]): RawRow | undefined {
    return this.#prepared(sql).get(...values);
  }

  all(sql: string, ...values: SQLInputValue[]): RawRow[] {
    return this.#prepared(sql).all(...values);
  }

  /** Answers how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  /** Answers the rowid that the row was given. */
  insert(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).lastInsertRowid);
  }

  /** Sees all that was answered before, and no transaction half-done: those are over within a turn. */
  // deno-lint-ignore require-await -- what is thrown must reject the promise
  async read<T>(work: () => T): Promise<T> {
    try {
      return work();
    } catch (error) {
      throw translated(error);
    }
  }

  /** Applies `work` whole or not at all; resolves once it is on the disk. `work` must be synchronous. */
  write<T>(work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(unavailable("The store is closed"));
    return new Promise<T>((resolve, reject) => {
      if (this.#pending.length === 0) setImmediate(() => this.#flush());
      this.#pending.push({ run: work, resolve: resolve as PendingWrite["resolve"], reject });
    });
  }

  /**
   * Copies the write-ahead log into the file and makes the log empty. Never waits: while another process
   * uses the log, it is left to the next time.
   */
  truncateLog(): void {
    if (this.#closed) return;
    const { timeout } = this.get("PRAGMA busy_timeout")!;
    this.#connection.exec("PRAGMA busy_timeout = 0");
    try {
      this.get("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // A busy or full disk: writes notice that by themselves.
    } finally {
      this.#connection.exec(`PRAGMA busy_timeout = ${timeout}`);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    while (this.#pending.length > 0) this.#flush();
    this.#connection.close();
  }

  #flush(): void {
    const writes = this.#pending;
    if (writes.length === 0) return;
    const settled: (() => void)[] = [];
    try {
      this.run("BEGIN IMMEDIATE");
      const taken = this.#apply(writes, settled);
      this.run("COMMIT");
      this.#pending = writes.slice(taken);
    } catch (error) {
      this.#pending = [];
      if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
      for (const { reject } of writes) reject(translated(error));
      return;
    }
    if (this.#pending.length > 0 && !this.#closed) setImmediate(() => this.#flush());
    for (const settle of settled) settle();
  }

  /** Answers how many of the writes it got to within the budget, which is one at least. */
  #apply(writes: PendingWrite[], settled: (() => void)[]): number {
    const deadline = performance.now() + FLUSH_BUDGET_MS;
    let taken = 0;
    for (const write of writes) {
      // One that is alone needs no savepoint: its failure is the transaction's.
      settled.push(writes.length === 1 ? applied(write) : this.#inSavepoint(write));
      taken++;
      if (performance.now() > deadline) break;
    }
    return taken;
  }

  /** Answers what to do once the transaction has been committed. */
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

/** Answers what to do once the transaction has been committed. */
function applied({ run, resolve }: PendingWrite): () => void {
  const value = run();
  return () => resolve(value);
}

function open(path: string): DatabaseSync {
  const connection = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    configure(connection);
    migrate(connection);
    vacuumIfDue(connection);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function configure(connection: DatabaseSync): void {
  useWriteAheadLog(connection);
  // FULL: a write that was answered survives a loss of power, not only of the process.
  connection.exec(
    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY",
  );
  // Deleted rows are overwritten with zeros, and not only forgotten.
  connection.exec("PRAGMA secure_delete = ON");
  connection.exec("PRAGMA cache_size = -32768; PRAGMA mmap_size = 268435456");
  // Four times the default: pages that many commits touch are copied back once for all of them.
  connection.exec("PRAGMA wal_autocheckpoint = 4000");
}

/** Two processes that start at once may refuse each other the switch, and no busy timeout covers it. */
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
