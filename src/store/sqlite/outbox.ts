import type { OutboxEntry } from "../../model/outbox_entry.ts";
import type { OutboxStore } from "../outbox_store.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

const OUTBOX = new Table<OutboxEntry>("outbox", {
  id: "value",
  chatId: "value",
  occurrences: "json",
  deviceIds: "json",
  attempts: "value",
  createdAt: "value",
  dueAt: "value",
});

const THESE = "(dueAt, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))";
/** A whole table: only for entries of which this store does not know when they are due. */
const ELSEWHERE = "id IN (SELECT value FROM json_each(?))";

/**
 * Maximum number of entries whose `dueAt` is remembered: more than a worker claims, and renews the
 * leases of, at once.
 */
const MAX_KNOWN = 20_000;

/**
 * Entries are stored in the order in which they are due, so that adding one writes a single page.
 * The store remembers when the entries that it has added or claimed are due, to find them by id.
 */
export class SqliteOutboxStore implements OutboxStore {
  readonly #db: Database;
  readonly #dueAt = new Map<string, number>();

  constructor(db: Database) {
    this.#db = db;
  }

  add(entry: OutboxEntry): Promise<void> {
    return this.#db.write(() => this.insert(entry));
  }

  /** Runs within the caller's transaction. */
  insert(entry: OutboxEntry): void {
    this.#db.run(OUTBOX.insert, ...OUTBOX.bind(entry));
    this.#remember(entry.id, entry.dueAt);
  }

  claim(now: number, until: number, limit: number): Promise<OutboxEntry[]> {
    return this.#db.write(() => {
      const rows = this.#db.all(
        OUTBOX.select("WHERE dueAt <= ? ORDER BY dueAt, id LIMIT 0 + ?"),
        now,
        limit,
      ).map((raw) => OUTBOX.decode(raw));
      for (const { id, dueAt } of rows) this.#remember(id, dueAt);
      this.#extend(rows.map((row) => row.id), until);
      return rows.map((row) => ({ ...row, dueAt: until }));
    });
  }

  firstDue(now: number): Promise<number | null> {
    const [first] = this.#db.all(OUTBOX.select("WHERE dueAt <= ? ORDER BY dueAt LIMIT 1"), now);
    return Promise.resolve(first === undefined ? null : OUTBOX.decode(first).dueAt);
  }

  extend(ids: string[], until: number): Promise<void> {
    return this.#db.write(() => this.#extend(ids, until));
  }

  settle(done: string[], retries: OutboxEntry[]): Promise<void> {
    return this.#db.write(() => {
      this.#change("DELETE FROM outbox", [], done);
      for (const entry of retries) this.insert(entry);
      for (const id of done) this.#dueAt.delete(id);
    });
  }

  #extend(ids: string[], until: number): void {
    this.#change("UPDATE outbox SET dueAt = ?", [until], ids);
    for (const id of ids) this.#remember(id, until);
  }

  /**
   * Looks everywhere if some are not where remembered: after a failed transaction or another claim.
   */
  #change(statement: string, values: number[], ids: string[]): void {
    if (ids.length === 0) return;
    const known = ids.filter((id) => this.#dueAt.has(id));
    const keys = known.map((id) => [this.#dueAt.get(id), id]);
    const changed = this.#db.run(`${statement} WHERE ${THESE}`, ...values, JSON.stringify(keys));
    if (changed === ids.length) return;
    this.#db.run(`${statement} WHERE ${ELSEWHERE}`, ...values, JSON.stringify(ids));
  }

  #remember(id: string, dueAt: number): void {
    this.#dueAt.delete(id);
    this.#dueAt.set(id, dueAt);
    if (this.#dueAt.size <= MAX_KNOWN) return;
    for (const oldest of this.#dueAt.keys()) return void this.#dueAt.delete(oldest);
  }
}
