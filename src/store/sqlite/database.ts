import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { delay } from "../../core/delay.ts";
import type { Log } from "../../core/log.ts";
import { sharedTurns } from "../../core/turns.ts";
import { Checkpointer } from "./checkpointer.ts";
import { BUSY_TIMEOUT_MS, type Connection, openConnection } from "./connection.ts";
import { restartLog, type RestartMode } from "./log_restart.ts";
import { LogSize } from "./log_size.ts";
import { DurableSnapshots } from "./durable_snapshots.ts";
import { LogSync } from "./log_sync.ts";
import { isBusy, isDamaged, translated, unavailable } from "./sqlite_errors.ts";
import { Statements } from "./statements.ts";
import type { RawRow, Table } from "./table.ts";
import { BUSY_RETRY_MS, WriteQueue } from "./write_queue.ts";

/** Rows read by one call if their number is unbounded. */
export const ROWS_PER_SLICE = 256;
/** Rows changed by one transaction if their number is unbounded. */
export const ROWS_PER_WRITE = 256;

const DATA_VERSION = "PRAGMA data_version";

/**
 * Kept, and never closed, after their disk has failed: closing would copy the log into the file
 * without verifying it, which the next process does.
 */
const abandoned: DatabaseSync[] = [];

/**
 * One connection. Its calls are synchronous and short. Waiting for the disk is left to another
 * thread, unless that would take longer, and whatever has been written or read is returned only
 * once it is on disk: see `LogSync`.
 *
 * The whole server waits while a call runs. So a call reads or changes few rows, however many
 * people have stored (`readParts` and `writeParts` divide large numbers), and SQLite never sleeps
 * for a lock that another process holds: a timer repeats the attempt.
 */
export class Database {
  readonly #main: Statements;
  /** The statements of the connection on which the current call runs. */
  #statements: Statements;
  readonly #snapshots: DurableSnapshots;
  readonly #queue: WriteQueue;
  readonly #log: LogSync | null;
  readonly #checkpointer: Checkpointer | null;
  #hasChanged = false;
  #closing: Promise<void> | undefined;

  constructor(path: string, log?: Log) {
    const { database, logPath } = opened(path, log);
    this.#main = this.#statements = new Statements(database);
    this.#snapshots = new DurableSnapshots(path, () => this.#dataVersion());
    this.#log = logPath === null ? null : this.#logSync(logPath, log);
    this.#queue = this.#writeQueue();
    this.#checkpointer = logPath === null ? null : this.#checkpoints({ path, logPath, log });
  }

  get(sql: string, ...values: SQLInputValue[]): RawRow | undefined {
    const { statement, returnsChanges } = this.#statements.prepared(sql);
    if (returnsChanges) this.#hasChanged = true;
    return statement.get(...values);
  }

  /** Returns the first row of the table that meets the SQL after its name; it must only read. */
  first<Row extends object>(
    table: Table<Row>,
    rest: string,
    ...values: SQLInputValue[]
  ): Row | null {
    const row = this.#statements.firstValues(table, rest, values);
    return row === undefined ? null : table.decodeValues(row);
  }

  all(sql: string, ...values: SQLInputValue[]): RawRow[] {
    const { statement, returnsChanges } = this.#statements.prepared(sql);
    if (returnsChanges) this.#hasChanged = true;
    return statement.all(...values);
  }

  /** Returns the number of rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    const changes = Number(this.#statements.prepared(sql).statement.run(...values).changes);
    if (changes > 0) this.#hasChanged = true;
    return changes;
  }

  /** Returns the rowid of the new row. */
  insert(sql: string, ...values: SQLInputValue[]): number {
    this.#hasChanged = true;
    return Number(this.#statements.prepared(sql).statement.run(...values).lastInsertRowid);
  }

  /**
   * Sees every resolved write, and no half-done transaction: transactions end within a turn. Never
   * resolves with what is not on disk: it reads the state before, or waits.
   */
  async read<T>(work: () => T): Promise<T> {
    for (const deadline = performance.now() + BUSY_TIMEOUT_MS;;) {
      try {
        const done = sharedTurns.run(() => this.#readNow(work));
        const { value, durable } = done instanceof Promise ? await done : done;
        if (durable !== undefined) await durable;
        return value;
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw translated(error);
      }
      // Rare with a write-ahead log: another process is recovering it or closing the file.
      await delay(BUSY_RETRY_MS);
    }
  }

  #readNow<T>(work: () => T): { value: T; durable?: Promise<void> } {
    const snapshot = this.#log?.hasFailed ? null : this.#snapshots.current;
    if (snapshot === null) {
      return { value: work(), durable: this.#log?.pending() };
    }
    this.#statements = snapshot;
    try {
      return { value: work() };
    } finally {
      this.#statements = this.#main;
    }
  }

  /** For work that reads in several turns: waits and translates its errors as `read` does. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      const value = await work();
      await this.#log?.pending();
      return value;
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
    return this.#queue.push(work);
  }

  /**
   * Copies the write-ahead log into the file and empties the log, unless nothing was written since
   * the last time. While another process uses the log, it is left to the next time.
   */
  truncateLog(): void {
    if (this.#isClosing) return;
    this.#checkpointer?.truncateIfChanged();
  }

  /** Accepted writes are written first. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  get #isClosing(): boolean {
    return this.#closing !== undefined;
  }

  async #close(): Promise<void> {
    await this.#checkpointer?.close();
    await this.#queue.drain();
    await this.#log?.close();
    this.#snapshots.close();
    if (this.#log?.hasFailed) abandoned.push(this.#main.connection);
    else this.#main.connection.close();
  }

  #logSync(path: string, log: Log | undefined): LogSync {
    return new LogSync({
      path,
      dataVersion: () => this.#dataVersion(),
      onEnd: () => {
        this.#snapshots.advance();
        this.#queue.schedule();
      },
      onFailure: (error) =>
        log?.error("Sync of the database failed: it cannot be used until the server is restarted", {
          error,
        }),
    });
  }

  #writeQueue(): WriteQueue {
    return new WriteQueue({
      control: (sql) => void this.#statements.prepared(sql).statement.run(),
      isInTransaction: () => this.#main.connection.isTransaction,
      hasChanged: () => {
        const hasChanged = this.#hasChanged;
        this.#hasChanged = false;
        return hasChanged;
      },
      log: this.#log,
      beforeCommit: () => this.#keepSnapshot(),
      onCommit: () => this.#checkpointer?.noteCommit(),
    });
  }

  #checkpoints({ path, logPath, log }: { path: string; logPath: string; log?: Log }): Checkpointer {
    return new Checkpointer({
      path,
      size: new LogSize(this.#main.connection, logPath),
      dataVersion: () => this.#dataVersion(),
      pause: async () => {
        this.#queue.pause();
        await this.#log?.idle();
      },
      resume: () => this.#queue.resume(),
      checkpointHere: (mode) => this.#checkpointHere(mode),
      onFailure: (error) =>
        log?.warn("Checkpoints of the database run in the main thread: no worker can be started", {
          error,
        }),
    });
  }

  /**
   * No other process can commit meanwhile. Without a snapshot reads wait for the disk, which is
   * cheaper if it is quick.
   */
  #keepSnapshot(): void {
    if (!this.#hasChanged || this.#log === null) return;
    const isKept = this.#log.isSlow && this.#log.coversAll();
    if (this.#log.isUnderWay) this.#snapshots.keepNext(isKept);
    else if (isKept) this.#snapshots.keep();
  }

  /** Changes when another connection has committed; NaN while another process locks the file. */
  #dataVersion(): number {
    try {
      return Number(this.#main.prepared(DATA_VERSION).statement.get()!.data_version);
    } catch {
      return NaN;
    }
  }

  #checkpointHere(mode: RestartMode): void {
    try {
      restartLog(this.#main.connection, mode);
    } catch {
      // A busy or full disk: writes report that themselves.
    }
  }
}

/** A new database in its place would hide that there is something to rescue. */
const RESTORE =
  ". Keep a copy of it with its -wal, move both away, and put the last backup in their " +
  "place (deno task restore)";

function opened(path: string, log: Log | undefined): Connection {
  try {
    return openConnection(path, log);
  } catch (cause) {
    // SQLite reports the reason, and seldom the file.
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot open ${path}: ${reason}${isDamaged(cause) ? RESTORE : ""}`, { cause });
  }
}
