import type { ClientSession, Collection } from "mongodb";
import type { Membership } from "../../model/membership.ts";
import type { Message } from "../../model/message.ts";
import type { Notification } from "../../model/notification.ts";
import type { AbandonedGroupStore } from "../abandoned_group_store.ts";
import { type ChatDocument, CHATS } from "./chat_collection.ts";
import type { MongoConnection } from "./connection.ts";
import { type Document, eq } from "./documents.ts";
import { GROUP_INFOS, HANDSHAKES, WELCOME_MESSAGES, WELCOMES } from "./handshake_collections.ts";
import type { MongoMediaStore } from "./media.ts";
import { MEMBERSHIPS } from "./memberships.ts";
import { MESSAGES } from "./message_collection.ts";
import { NOTIFICATIONS } from "./notifications.ts";

/** Bounds within the partial index `abandoned`. */
const ABANDONED = { memberCount: { $lt: 1 }, kind: "group", name: { $gt: "" } } as const;

export class MongoAbandonedGroupStore implements AbandonedGroupStore {
  readonly #chats: Collection<ChatDocument>;
  readonly #messages: Collection<Document<Message>>;
  readonly #memberships: Collection<Membership & { _id: string }>;
  readonly #notifications: Collection<Document<Notification>>;

  constructor(private readonly mongo: MongoConnection, private readonly media: MongoMediaStore) {
    this.#chats = mongo.collection(CHATS);
    this.#messages = mongo.collection(MESSAGES);
    this.#memberships = mongo.collection(MEMBERSHIPS);
    this.#notifications = mongo.collection(NOTIFICATIONS);
  }

  async list(limit: number): Promise<string[]> {
    const found = this.#chats.find(ABANDONED, { projection: { _id: 1 } }).limit(limit);
    return (await found.toArray()).map(({ _id }) => _id);
  }

  clear(chatId: string, now: number, limit: number): Promise<boolean> {
    return this.mongo.transact(async (session) => {
      const chat = await this.#chats.findOne({ _id: eq(chatId), ...ABANDONED }, { session });
      if (chat === null) return true;
      if (await this.#deleteMessages(chatId, now, limit, session) === limit) return false;
      await this.#deleteRest(chatId, session);
      if (chat.avatarMediaId !== null) await this.#release(chat.avatarMediaId, now, session);
      return true;
    });
  }

  /** Returns the number of deleted messages. */
  async #deleteMessages(
    chatId: string,
    now: number,
    limit: number,
    session: ClientSession,
  ): Promise<number> {
    const filter = { chatId: eq(chatId) };
    const rows = await this.#messages
      .find(filter, { session, projection: { media: 1 } }).limit(limit).toArray();
    await this.#messages.deleteMany({ _id: { $in: rows.map(({ _id }) => _id) } }, { session });
    for (const { id } of rows.flatMap(({ media }) => media)) await this.#release(id, now, session);
    return rows.length;
  }

  async #deleteRest(chatId: string, session: ClientSession): Promise<void> {
    for (const spec of [HANDSHAKES, GROUP_INFOS, WELCOMES, WELCOME_MESSAGES]) {
      await this.mongo.collection(spec).deleteMany({ chatId: eq(chatId) }, { session });
    }
    const members = await this.#memberships
      .find({ chatId: eq(chatId) }, { session, projection: { userId: 1 } }).toArray();
    const userIds = members.map(({ userId }) => userId);
    await this.#notifications.deleteMany({ userId: { $in: userIds }, chatId: eq(chatId) }, {
      session,
    });
    const emptied = { name: "", description: "", avatarMediaId: null, custom: null };
    const update = { $set: emptied, $unset: { customEntries: true } } as const;
    await this.#chats.updateOne({ _id: eq(chatId) }, update, { session });
  }

  async #release(mediaId: string, now: number, session: ClientSession): Promise<void> {
    await this.media.use({ mediaId, by: -1 }, now, session);
  }
}
