import type { SQLInputValue } from "node:sqlite";
import type { ShownPush } from "../../model/shown_push.ts";
import type { ShownPushFilter, ShownPushStore } from "../shown_push_store.ts";
import { type Database, ROWS_PER_WRITE } from "./database.ts";
import { Table } from "./table.ts";

const SHOWN = new Table<ShownPush>("shown_pushes", {
  deviceId: "value",
  userId: "value",
  tag: "value",
  kind: "value",
  chatId: "value",
  messageId: "value",
  seq: "value",
  shownAt: "value",
});

const PUT = `${SHOWN.insert} ON CONFLICT DO UPDATE SET
  userId = excluded.userId, kind = excluded.kind, chatId = excluded.chatId,
  messageId = excluded.messageId, seq = excluded.seq, shownAt = excluded.shownAt`;

const deleteWhere = (where: string) =>
  `DELETE FROM shown_pushes WHERE (deviceId, tag) IN (
     SELECT deviceId, tag FROM shown_pushes WHERE ${where} LIMIT ${ROWS_PER_WRITE}
   )`;

export class SqliteShownPushStore implements ShownPushStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  put(rows: ShownPush[]): Promise<void> {
    return this.#db.write(() => {
      for (const row of rows) this.#db.run(PUT, ...SHOWN.bind(row));
    });
  }

  find(filter: ShownPushFilter, limit: number): Promise<ShownPush[]> {
    if ("messageId" in filter) return this.#rows("messageId = ?", limit, filter.messageId);
    const { userId } = filter;
    if ("chatId" in filter) {
      return this.#rows("userId = ? AND chatId = ?", limit, userId, filter.chatId);
    }
    return "tag" in filter
      ? this.#rows("userId = ? AND tag = ?", limit, userId, filter.tag)
      : this.#rows("userId = ?", limit, userId);
  }

  remove(rows: Pick<ShownPush, "deviceId" | "tag" | "shownAt">[]): Promise<void> {
    return this.#db.write(() => {
      for (const { deviceId, tag, shownAt } of rows) {
        this.#db.run(
          "DELETE FROM shown_pushes WHERE deviceId = ? AND tag = ? AND shownAt = ?",
          deviceId,
          tag,
          shownAt,
        );
      }
    });
  }

  purge(before: number): Promise<number> {
    return this.#db.writeParts(() => this.#db.run(deleteWhere("shownAt < ?"), before));
  }

  deleteAllOf(userId: string): Promise<number> {
    return this.#db.writeParts(() => this.#db.run(deleteWhere("userId = ?"), userId));
  }

  #rows(where: string, limit: number, ...values: SQLInputValue[]): Promise<ShownPush[]> {
    return this.#db.read(() =>
      this.#db.all(SHOWN.select(`WHERE ${where} LIMIT 0 + ?`), ...values, limit)
        .map((raw) => SHOWN.decode(raw))
    );
  }
}
