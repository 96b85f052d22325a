import { DatabaseSync } from "node:sqlite";
import { Statements } from "./statements.ts";

/**
 * Connections that go on reading the state before commits which are not on disk yet, so that reads
 * need not wait for the disk. There are two, because commits are made during a sync as well.
 */
export class DurableSnapshots {
  readonly #path: string;
  readonly #readers: Statements[] = [];
  #current: Statements | null = null;
  #next: Statements | null = null;
  #hasNext = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** A connection that sees exactly what is on disk; null if there is none. */
  get current(): Statements | null {
    return this.#current;
  }

  /** Keeps the state of now, which is on disk. */
  keep(): void {
    this.#current ??= this.#pinned();
  }

  /**
   * Keeps the state of now, or none, for when the sync under way has ended. Only the first call of a
   * sync counts: what is committed after it will not be on disk by then.
   */
  keepNext(isKept: boolean): void {
    if (this.#hasNext) return;
    this.#hasNext = true;
    if (isKept) this.#next = this.#pinned();
  }

  /** Runs when a sync has ended. */
  advance(): void {
    this.#release(this.#current);
    this.#current = this.#next;
    this.#next = null;
    this.#hasNext = false;
  }

  close(): void {
    for (const { connection } of this.#readers) connection.close();
  }

  /** Returns null if another process is recovering the log: then reads wait for the disk. */
  #pinned(): Statements | null {
    const reader = this.#readers.pop() ?? this.#open();
    try {
      reader.prepared("BEGIN").statement.run();
      reader.prepared("SELECT 1 FROM meta WHERE key = 'incarnation'").statement.get();
      return reader;
    } catch {
      this.#release(reader);
      return null;
    }
  }

  #release(reader: Statements | null): void {
    if (reader === null) return;
    if (reader.connection.isTransaction) reader.prepared("COMMIT").statement.run();
    this.#readers.push(reader);
  }

  #open(): Statements {
    const connection = new DatabaseSync(this.#path, { readOnly: true });
    connection.exec("PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456");
    return new Statements(connection);
  }
}
