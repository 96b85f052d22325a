import type { Collection } from "mongodb";
import type { Notification, NotificationSettings } from "../../model/notification.ts";
import type { NotificationFilter, NotificationStore } from "../notification_store.ts";
import type { MongoConnection } from "./connection.ts";
import {
  type Document,
  eq,
  fromDocument,
  fromDocumentOrNull,
  toDocument,
  withoutKey,
} from "./documents.ts";
import { duplicateIndex } from "./errors.ts";
import type { CollectionSpec } from "./indexes.ts";
import { FEW, loadAll, ofUserInChatLoader, rowLoader } from "./row_loaders.ts";

export const NOTIFICATIONS: CollectionSpec = {
  name: "notifications",
  indexes: [
    { name: "key", key: { userId: 1, key: 1 }, unique: true },
    { name: "ofUser", key: { userId: 1, _id: -1 } },
    { name: "unread", key: { userId: 1, readAt: 1 } },
    { name: "byAge", key: { createdAt: 1 } },
    { name: "ofMessage", key: { messageId: 1 } },
    { name: "ofChat", key: { userId: 1, chatId: 1 } },
    { name: "byActor", key: { actorId: 1 } },
  ],
};

export const NOTIFICATION_SETTINGS: CollectionSpec = { name: "notificationSettings", indexes: [] };

type SettingsDocument = NotificationSettings & { _id: string };

export class MongoNotificationStore implements NotificationStore {
  readonly #notifications: Collection<Document<Notification>>;
  readonly #settings: Collection<SettingsDocument>;
  readonly #loadSettings: (userId: string) => Promise<SettingsDocument | null>;
  readonly #unreadOfChat: (
    userId: string,
    chatId: string,
  ) => Promise<Document<Notification>[]>;

  constructor(mongo: MongoConnection) {
    this.#notifications = mongo.collection(NOTIFICATIONS);
    this.#settings = mongo.collection(NOTIFICATION_SETTINGS);
    this.#loadSettings = rowLoader(this.#settings);
    const unread = { readAt: null, messageId: { $gt: "" } };
    this.#unreadOfChat = ofUserInChatLoader(this.#notifications, unread, { _id: -1 });
  }

  /**
   * Two concurrent calls with the same one may both try to insert: the loser finds the existing
   * row.
   */
  async add(notifications: Notification[]): Promise<Notification[]> {
    if (notifications.length === 0) return [];
    try {
      return await this.#add(notifications);
    } catch (error) {
      if (duplicateIndex(error) === null) throw error;
      return await this.#add(notifications);
    }
  }

  async trim(userId: string, keep: number): Promise<number> {
    const [first] = await this.#notifications
      .find({ userId: eq(userId) }, { projection: { _id: 1 } })
      .sort({ _id: -1 }).skip(keep).limit(1).toArray();
    if (!first) return 0;
    const old = { userId: eq(userId), _id: { $lte: first._id } };
    return (await this.#notifications.deleteMany(old)).deletedCount;
  }

  async byId(id: string): Promise<Notification | null> {
    return fromDocumentOrNull<Notification>(await this.#notifications.findOne({ _id: eq(id) }));
  }

  async page(userId: string, before: string | null, limit: number): Promise<Notification[]> {
    const from = before === null ? {} : { _id: { $lt: before } };
    const found = this.#notifications
      .find({ userId: eq(userId), ...from }).sort({ _id: -1 }).limit(limit);
    return (await found.toArray()).map(fromDocument<Notification>);
  }

  unread(userId: string): Promise<number> {
    return this.#notifications.countDocuments({ userId: eq(userId), readAt: null });
  }

  async markRead(userId: string, id: string, at: number): Promise<Notification | null> {
    const own = { _id: eq(id), userId: eq(userId) };
    await this.#notifications.updateOne({ ...own, readAt: null }, { $set: { readAt: at } });
    return fromDocumentOrNull<Notification>(await this.#notifications.findOne(own));
  }

  async unreadOfChat(userId: string, chatId: string, limit: number): Promise<Notification[]> {
    const found = await this.#unreadOfChat(userId, chatId);
    return found.sort(newestFirst).slice(0, limit).map(fromDocument<Notification>);
  }

  /** Two concurrent calls with the same one may both return it. */
  async markTheseRead(userId: string, ids: string[], at: number): Promise<string[]> {
    const own = { _id: { $in: ids }, userId: eq(userId), readAt: null };
    const unread = await this.#notifications.find(own, { projection: { _id: 1 } }).toArray();
    await this.#notifications.updateMany(own, { $set: { readAt: at } });
    return unread.map(({ _id }) => _id);
  }

  async withdraw(filter: NotificationFilter, limit: number): Promise<Notification[]> {
    const asked = Object.entries(filter).map(([name, value]) => [name, eq(value)]);
    const found = await this.#notifications.find(Object.fromEntries(asked)).limit(limit).toArray();
    if (found.length === 0) return [];
    await this.#notifications.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } });
    return found.map(fromDocument<Notification>);
  }

  async markAllRead(userId: string, at: number): Promise<number> {
    const { modifiedCount } = await this.#notifications.updateMany(
      { userId: eq(userId), readAt: null },
      { $set: { readAt: at } },
    );
    return modifiedCount;
  }

  async deleteAllOf(userId: string): Promise<number> {
    await this.#settings.deleteOne({ _id: eq(userId) });
    return (await this.#notifications.deleteMany({ userId: eq(userId) })).deletedCount;
  }

  async purge(before: number): Promise<number> {
    return (await this.#notifications.deleteMany({ createdAt: { $lt: before } })).deletedCount;
  }

  async settingsOf(userIds: string[]): Promise<NotificationSettings[]> {
    if (userIds.length <= FEW) {
      return (await loadAll(this.#loadSettings, userIds)).map(withoutKey<NotificationSettings>);
    }
    const found = this.#settings.find({ _id: { $in: userIds } });
    return (await found.toArray()).map(withoutKey<NotificationSettings>);
  }

  async putSettings(settings: NotificationSettings): Promise<void> {
    await this.#settings.replaceOne({ _id: eq(settings.userId) }, settings, { upsert: true });
  }

  async #add(notifications: Notification[]): Promise<Notification[]> {
    const { upsertedIds } = await this.#notifications.bulkWrite(
      notifications.map((row) => ({
        updateOne: {
          filter: { userId: eq(row.userId), key: eq(row.key) },
          update: { $setOnInsert: toDocument(row) },
          upsert: true,
        },
      })),
      { ordered: false },
    );
    return notifications.filter((_, at) => at in upsertedIds);
  }
}

function newestFirst(a: { _id: string }, b: { _id: string }): number {
  return a._id < b._id ? 1 : -1;
}
