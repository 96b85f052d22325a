import type { Collection, Filter } from "mongodb";
import type { Chat } from "../../model/chat.ts";
import type { Membership } from "../../model/membership.ts";
import type {
  ChatChange,
  ChatHead,
  ChatStore,
  CommitOutcome,
  InboxPlace,
  InboxQuery,
  InboxRow,
  NewestChats,
} from "../chat_store.ts";
import { type ChatDocument, CHATS, readChat } from "./chat_collection.ts";
import { ChatCommitter } from "./chat_commit.ts";
import type { MongoConnection } from "./connection.ts";
import { createdBefore, eq, IN_BATCHES } from "./documents.ts";
import { FEW, loadAll, rowLoader } from "./row_loaders.ts";
import { type MembershipDocument, membershipOf, MEMBERSHIPS } from "./memberships.ts";
import type { MongoOutboxStore } from "./outbox.ts";

export class MongoChatStore implements ChatStore {
  readonly #chats: Collection<ChatDocument>;
  readonly #memberships: Collection<MembershipDocument>;
  readonly #committer: ChatCommitter;
  readonly #load: (id: string) => Promise<ChatDocument | null>;

  constructor(mongo: MongoConnection, outbox: MongoOutboxStore) {
    this.#chats = mongo.collection(CHATS);
    this.#memberships = mongo.collection(MEMBERSHIPS);
    this.#load = rowLoader(this.#chats);
    this.#committer = new ChatCommitter(mongo, outbox);
  }

  commit(change: ChatChange): Promise<CommitOutcome> {
    return this.#committer.commit(change);
  }

  async byId(id: string): Promise<Chat | null> {
    return readChatOrNull(await this.#load(id));
  }

  async byIds(ids: string[]): Promise<Chat[]> {
    if (ids.length <= FEW) return (await loadAll(this.#load, ids)).map(readChat);
    return (await this.#chats.find({ _id: { $in: ids } }, IN_BATCHES).toArray()).map(readChat);
  }

  /** Whole rows: look-ups of those who come at once are read together. */
  heads(ids: string[]): Promise<ChatHead[]> {
    return this.byIds(ids);
  }

  async byDirectKey(key: string): Promise<Chat | null> {
    return readChatOrNull(await this.#chats.findOne({ directKey: eq(key) }));
  }

  async byExternalId(externalId: string): Promise<Chat | null> {
    return readChatOrNull(await this.#chats.findOne({ externalId: eq(externalId) }));
  }

  async withAvatar(mediaId: string): Promise<Chat[]> {
    const found = this.#chats.find({ avatarMediaId: eq(mediaId) });
    return (await found.toArray()).map(readChat);
  }

  async newest({ frozen, ...page }: NewestChats): Promise<Chat[]> {
    const condition = frozen ? { "frozen.at": { $gt: 0 } } : {};
    const filter = { $and: [createdBefore(page), condition] } as Filter<ChatDocument>;
    const found = this.#chats.find(filter).sort({ createdAt: -1, _id: -1 }).limit(page.limit);
    return (await found.toArray()).map(readChat);
  }

  /**
   * Sorts all chats of the user. A copy of `lastActivityAt` in the memberships would save that, and
   * cost a write per member and message.
   */
  async inbox({ userId, kind, custom = [], before, limit }: InboxQuery): Promise<InboxRow[]> {
    const memberships = await this.#memberships
      .find({ userId: eq(userId), leftAt: null }, IN_BATCHES).toArray();
    const byChat = new Map<string, Membership>(
      memberships.map((row) => [row.chatId, membershipOf(row)]),
    );
    const chats = await this.#chats
      .find({
        _id: { $in: [...byChat.keys()] },
        ...(kind && { kind }),
        ...(custom.length > 0 && { customEntries: { $all: custom.map(eq) } }),
        ...sortsAfter(before),
      })
      .sort({ lastActivityAt: -1, _id: -1 }).limit(limit).toArray();
    return chats.map(readChat).map((chat) => ({
      chat,
      membership: byChat.get(chat.id)!,
    }));
  }
}

function readChatOrNull(document: ChatDocument | null): Chat | null {
  return document && readChat(document);
}

function sortsAfter(place: InboxPlace | null): Filter<ChatDocument> {
  if (place === null) return {};
  const { lastActivityAt, chatId } = place;
  return {
    $or: [
      { lastActivityAt: { $lt: lastActivityAt } },
      { lastActivityAt: eq(lastActivityAt), _id: { $lt: chatId } },
    ],
  };
}
