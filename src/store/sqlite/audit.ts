import type { AuditEntry } from "../../model/audit_entry.ts";
import type { AuditPage, AuditStore } from "../audit_store.ts";
import { type Database, ROWS_PER_WRITE } from "./database.ts";
import { AFTER_ALL_IDS, Table } from "./table.ts";

const AUDIT = new Table<AuditEntry>("audit", {
  id: "value",
  at: "value",
  action: "value",
  actorId: "value",
  keyId: "value",
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

  /** Runs within the caller's transaction. */
  insert(entry: AuditEntry): void {
    this.#db.run(AUDIT.insert, ...AUDIT.bind(entry));
  }

  /** Reads two indexes, each as far as the page reaches. */
  ofUser(userId: string, { before, limit }: AuditPage): Promise<AuditEntry[]> {
    return this.#rows(OF_USER, userId, before ?? AFTER_ALL_IDS, limit);
  }

  ofChat(chatId: string, { before, limit }: AuditPage): Promise<AuditEntry[]> {
    const sql = AUDIT.select("WHERE chatId = ? AND id < ? ORDER BY id DESC LIMIT 0 + ?");
    return this.#rows(sql, chatId, before ?? AFTER_ALL_IDS, limit);
  }

  all({ before, limit }: AuditPage): Promise<AuditEntry[]> {
    const sql = AUDIT.select("WHERE id < ? ORDER BY id DESC LIMIT 0 + ?");
    return this.#rows(sql, before ?? AFTER_ALL_IDS, limit);
  }

  redactTracesOf(userId: string): Promise<void> {
    return this.#db.guard(async () => {
      await this.#db.writeParts(() => this.#db.run(redact("actorId = ?1"), userId));
      await this.#db.writeParts(() =>
        this.#db.run(redact("userId = ?1 AND actorId IS NULL"), userId)
      );
      await this.#db.writeParts(() => this.#db.run(REDACT_DETAILS, userId));
    });
  }

  #rows(sql: string, ...values: (string | number)[]): Promise<AuditEntry[]> {
    return this.#db.read(() => this.#db.all(sql, ...values).map((raw) => AUDIT.decode(raw)));
  }
}

const newestWhere = (condition: string) =>
  `SELECT id FROM (SELECT id FROM audit WHERE ${condition} AND id < ?2 ORDER BY id DESC LIMIT 0 + ?3)`;

const OF_USER = AUDIT.select(`WHERE id IN
  (${newestWhere("actorId = ?1")} UNION ${newestWhere("userId = ?1")})
  ORDER BY id DESC LIMIT 0 + ?3`);

const REDACT_DETAILS = `UPDATE audit SET details = '{}' WHERE rowid IN
  (SELECT rowid FROM audit WHERE userId = ? AND details <> '{}' LIMIT ${ROWS_PER_WRITE})`;

/** Excludes rows that are blanked already; otherwise the loop would never end. */
const redact = (condition: string) =>
  `UPDATE audit SET address = '', userAgent = '', details = '{}' WHERE rowid IN
   (SELECT rowid FROM audit WHERE ${condition}
    AND (address <> '' OR userAgent <> '' OR details <> '{}') LIMIT ${ROWS_PER_WRITE})`;
