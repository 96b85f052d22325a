import { DatabaseSync } from "node:sqlite";
import { Statements } from "./statements.ts";

interface Snapshot {
  reader: Statements;
  /** The data version when it was taken. */
  version: number;
}

/**
 * Connections that go on reading the state before commits which are not on disk yet, so that reads
 * need not wait for the disk. There are two, because commits are made during a sync as well.
 */
export class DurableSnapshots {
  readonly #path: string;
  readonly #readers: Statements[] = [];
  #current: Snapshot | null = null;
  #next: Snapshot | null = null;
  #hasNext = false;

  /** `dataVersion` returns a number that changes when another connection has committed. */
  constructor(path: string, private readonly dataVersion: () => number) {
    this.#path = path;
  }

  /**
   * A connection that sees what is on disk; null if there is none, or if another process has
   * committed since: that may be on disk as well, and have been answered.
   */
  get current(): Statements | null {
    if (this.#current === null || this.#current.version !== this.dataVersion()) return null;
    return this.#current.reader;
  }

  /** Keeps the state of now, which is on disk. */
  keep(): void {
    this.#current ??= this.#pinned();
  }

  /**
   * Keeps the state of now, or none, for when the sync under way has ended. Only the first call of
   * a sync counts: what is committed after it will not be on disk by then.
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
  #pinned(): Snapshot | null {
    const reader = this.#readers.pop() ?? this.#open();
    try {
      reader.prepared("BEGIN").statement.run();
      reader.prepared("SELECT 1 FROM meta WHERE key = 'incarnation'").statement.get();
      return { reader, version: this.dataVersion() };
    } catch {
      this.#free(reader);
      return null;
    }
  }

  #release(snapshot: Snapshot | null): void {
    if (snapshot !== null) this.#free(snapshot.reader);
  }

  #free(reader: Statements): void {
    if (reader.connection.isTransaction) reader.prepared("COMMIT").statement.run();
    this.#readers.push(reader);
  }

  #open(): Statements {
    const connection = new DatabaseSync(this.#path, { readOnly: true });
    connection.exec("PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456");
    return new Statements(connection);
  }
}
