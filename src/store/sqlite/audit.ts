import type { AuditEntry } from "../../model/audit_entry.ts";
import type { AuditPage, AuditStore } from "../audit_store.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

const AUDIT = new Table<AuditEntry>("audit", {
  id: "value",
  at: "value",
  action: "value",
  actorId: "value",
  userId: "value",
  chatId: "value",
  door: "value",
  address: "value",
  userAgent: "value",
  details: "json",
});

export class SqliteAuditStore implements AuditStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(entry: AuditEntry): Promise<void> {
    return this.#db.write(() => this.insert(entry));
  }

  /** Within a transaction that is under way. */
  insert(entry: AuditEntry): void {
    this.#db.run(AUDIT.insert, ...AUDIT.bind(entry));
  }

  ofUser(userId: string, page: AuditPage): Promise<AuditEntry[]> {
    return this.#page("(actorId = ?1 OR userId = ?1)", userId, page);
  }

  ofChat(chatId: string, page: AuditPage): Promise<AuditEntry[]> {
    return this.#page("chatId = ?1", chatId, page);
  }

  all(page: AuditPage): Promise<AuditEntry[]> {
    return this.#page("?1 IS NULL", null, page);
  }

  forgetTracesOf(userId: string): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(
        `UPDATE audit SET address = '', userAgent = '', details = '{}'
         WHERE actorId = ?1 OR (userId = ?1 AND actorId IS NULL)`,
        userId,
      );
      this.#db.run("UPDATE audit SET details = '{}' WHERE userId = ?", userId);
    });
  }

  #page(where: string, id: string | null, { before, limit }: AuditPage): Promise<AuditEntry[]> {
    return this.#db.read(() =>
      this.#db.all(
        AUDIT.select(`WHERE ${where} AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3`),
        ...[id, before, limit],
      ).map((raw) => AUDIT.decode(raw))
    );
  }
}
