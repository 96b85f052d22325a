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

const THESE = "id IN (SELECT value FROM json_each(?))";

export class SqliteOutboxStore implements OutboxStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(entry: OutboxEntry): Promise<void> {
    return this.#db.write(() => this.insert(entry));
  }

  /** Runs within the caller's transaction. */
  insert(entry: OutboxEntry): void {
    this.#db.run(OUTBOX.insert, ...OUTBOX.bind(entry));
  }

  claim(now: number, until: number, limit: number): Promise<OutboxEntry[]> {
    return this.#db.write(() => {
      const rows = this.#db.all(
        OUTBOX.select("WHERE dueAt <= ? ORDER BY dueAt, id LIMIT 0 + ?"),
        now,
        limit,
      ).map((raw) => ({ ...OUTBOX.decode(raw), dueAt: until }));
      this.#extend(rows.map((row) => row.id), until);
      return rows;
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
      this.#db.run(`DELETE FROM outbox WHERE ${THESE}`, JSON.stringify(done));
      for (const entry of retries) this.insert(entry);
    });
  }

  #extend(ids: string[], until: number): void {
    if (ids.length === 0) return;
    this.#db.run(`UPDATE outbox SET dueAt = ? WHERE ${THESE}`, until, JSON.stringify(ids));
  }
}
