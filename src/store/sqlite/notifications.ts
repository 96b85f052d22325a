import type { Notification, NotificationSettings } from "../../model/notification.ts";
import type { NotificationStore } from "../notification_store.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

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

  byId(id: string): Promise<Notification | null> {
    return this.#db.read(() => this.#one("WHERE id = ?", id));
  }

  page(userId: string, before: string | null, limit: number): Promise<Notification[]> {
    return this.#db.read(() =>
      this.#db.all(
        NOTIFICATIONS.select(
          "WHERE userId = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3",
        ),
        ...[userId, before, limit],
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
        ...[at, id, userId],
      );
      return this.#one("WHERE id = ? AND userId = ?", id, userId);
    });
  }

  markAllRead(userId: string, at: number): Promise<number> {
    return this.#db.write(() =>
      this.#db.run(
        "UPDATE notifications SET readAt = ? WHERE userId = ? AND readAt IS NULL",
        ...[at, userId],
      )
    );
  }

  forgetAllOf(userId: string): Promise<number> {
    return this.#db.write(() => {
      this.#db.run("DELETE FROM notification_settings WHERE userId = ?", userId);
      return this.#db.run("DELETE FROM notifications WHERE userId = ?", userId);
    });
  }

  purge(before: number): Promise<number> {
    return this.#db.write(() =>
      this.#db.run("DELETE FROM notifications WHERE createdAt < ?", before)
    );
  }

  settingsOf(userIds: string[]): Promise<NotificationSettings[]> {
    return this.#db.read(() =>
      this.#db.all(
        SETTINGS.select("WHERE userId IN (SELECT value FROM json_each(?))"),
        JSON.stringify(userIds),
      ).map((raw) => SETTINGS.decode(raw))
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

  #one(rest: string, ...values: string[]): Notification | null {
    return NOTIFICATIONS.decodeOrNull(this.#db.get(NOTIFICATIONS.select(rest), ...values));
  }
}
