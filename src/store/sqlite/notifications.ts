import type { Notification, NotificationSettings } from "../../model/notification.ts";
import type { NotificationFilter, NotificationStore } from "../notification_store.ts";
import { type Database, ROWS_PER_WRITE } from "./database.ts";
import { AFTER_ALL_IDS, Table } from "./table.ts";

const NOTIFICATIONS = new Table<Notification>("notifications", {
  id: "value",
  userId: "value",
  key: "value",
  kind: "value",
  chatId: "value",
  messageId: "value",
  actorId: "value",
  data: "json",
  createdAt: "value",
  readAt: "value",
});

const SETTINGS = new Table<NotificationSettings>("notification_settings", {
  userId: "value",
  off: "json",
  quietHours: "json",
  hideContent: "boolean",
});

const these = (condition: string) =>
  `rowid IN (SELECT rowid FROM notifications WHERE ${condition} LIMIT ${ROWS_PER_WRITE})`;

export class SqliteNotificationStore implements NotificationStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(notifications: Notification[]): Promise<Notification[]> {
    return this.#db.write(() =>
      notifications.filter((row) =>
        this.#db.run(
          `${NOTIFICATIONS.insert} ON CONFLICT DO NOTHING`,
          ...NOTIFICATIONS.bind(row),
        ) === 1
      )
    );
  }

  /** Reads first: usually there is nothing to delete, and then nothing is written. */
  async trim(userId: string, keep: number): Promise<number> {
    const newest =
      "SELECT id FROM notifications WHERE userId = ? ORDER BY id DESC LIMIT 1 OFFSET ?";
    const first = await this.#db.read(() => this.#db.get(newest, userId, keep));
    if (first === undefined) return 0;
    const old = these("userId = ? AND id <= ?");
    return await this.#db.writeParts(() =>
      this.#db.run(`DELETE FROM notifications WHERE ${old}`, userId, String(first.id))
    );
  }

  byId(id: string): Promise<Notification | null> {
    return this.#db.read(() => this.#one("WHERE id = ?", id));
  }

  page(userId: string, before: string | null, limit: number): Promise<Notification[]> {
    return this.#db.read(() =>
      this.#db.all(
        NOTIFICATIONS.select("WHERE userId = ? AND id < ? ORDER BY id DESC LIMIT 0 + ?"),
        userId,
        before ?? AFTER_ALL_IDS,
        limit,
      ).map((raw) => NOTIFICATIONS.decode(raw))
    );
  }

  unread(userId: string): Promise<number> {
    return this.#db.read(() =>
      Number(
        this.#db.get(
          "SELECT count(*) AS unread FROM notifications WHERE userId = ? AND readAt IS NULL",
          userId,
        )!.unread,
      )
    );
  }

  markRead(userId: string, id: string, at: number): Promise<Notification | null> {
    return this.#db.write(() => {
      this.#db.run(
        "UPDATE notifications SET readAt = ? WHERE id = ? AND userId = ? AND readAt IS NULL",
        at,
        id,
        userId,
      );
      return this.#one("WHERE id = ? AND userId = ?", id, userId);
    });
  }

  unreadOfChat(userId: string, chatId: string, limit: number): Promise<Notification[]> {
    return this.#db.read(() =>
      this.#all(
        "WHERE userId = ? AND chatId = ? AND readAt IS NULL AND messageId IS NOT NULL " +
          "ORDER BY id DESC LIMIT 0 + ?",
        userId,
        chatId,
        limit,
      )
    );
  }

  markTheseRead(userId: string, ids: string[], at: number): Promise<string[]> {
    return this.#db.write(() =>
      ids.filter((id) =>
        this.#db.run(
          "UPDATE notifications SET readAt = ? WHERE id = ? AND userId = ? AND readAt IS NULL",
          at,
          id,
          userId,
        ) === 1
      )
    );
  }

  withdraw(filter: NotificationFilter, limit: number): Promise<Notification[]> {
    const names = Object.keys(filter), values = Object.values(filter);
    const where = names.map((name) => `${name} = ?`).join(" AND ");
    return this.#db.write(() => {
      const found = this.#all(`WHERE ${where} LIMIT 0 + ?`, ...values, limit);
      for (const { id } of found) this.#db.run("DELETE FROM notifications WHERE id = ?", id);
      return found;
    });
  }

  markAllRead(userId: string, at: number): Promise<number> {
    return this.#db.writeParts(() =>
      this.#db.run(
        `UPDATE notifications SET readAt = ? WHERE ${these("userId = ? AND readAt IS NULL")}`,
        at,
        userId,
      )
    );
  }

  async deleteAllOf(userId: string): Promise<number> {
    await this.#db.write(() =>
      this.#db.run("DELETE FROM notification_settings WHERE userId = ?", userId)
    );
    return await this.#db.writeParts(() =>
      this.#db.run(`DELETE FROM notifications WHERE ${these("userId = ?")}`, userId)
    );
  }

  purge(before: number): Promise<number> {
    return this.#db.writeParts(() =>
      this.#db.run(`DELETE FROM notifications WHERE ${these("createdAt < ?")}`, before)
    );
  }

  settingsOf(userIds: string[]): Promise<NotificationSettings[]> {
    const sql = SETTINGS.select("WHERE userId IN (SELECT value FROM json_each(?))");
    return this.#db.readParts(
      userIds,
      (part) => this.#db.all(sql, JSON.stringify(part)).map((raw) => SETTINGS.decode(raw)),
    );
  }

  putSettings(settings: NotificationSettings): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(
        `${SETTINGS.insert} ON CONFLICT DO UPDATE SET
         off = excluded.off, quietHours = excluded.quietHours, hideContent = excluded.hideContent`,
        ...SETTINGS.bind(settings),
      );
    });
  }

  #all(rest: string, ...values: (string | number)[]): Notification[] {
    return this.#db.all(NOTIFICATIONS.select(rest), ...values)
      .map((raw) => NOTIFICATIONS.decode(raw));
  }

  #one(rest: string, ...values: string[]): Notification | null {
    return NOTIFICATIONS.decodeOrNull(this.#db.get(NOTIFICATIONS.select(rest), ...values));
  }
}
