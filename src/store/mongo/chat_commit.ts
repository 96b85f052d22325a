import type { AnyBulkWriteOperation, ClientSession, Collection } from "mongodb";
import { quote } from "../../core/errors.ts";
import type { Membership } from "../../model/membership.ts";
import type { ChatChange, CommitOutcome, MemberRead } from "../chat_store.ts";
import { MongoAuditStore } from "./audit.ts";
import { ChatCounts } from "./chat_counts.ts";
import { type ChatDocument, chatDocument, CHATS } from "./chat_collection.ts";
import type { MongoConnection } from "./connection.ts";
import { compoundKey, eq } from "./documents.ts";
import { duplicateIndex, isWriteConflict } from "./errors.ts";
import { MongoHandshakeStore } from "./handshakes.ts";
import { MongoMediaStore } from "./media.ts";
import { type MembershipDocument, MEMBERSHIPS } from "./memberships.ts";
import { documentsOf, type MessageDocument, MESSAGES } from "./message_collection.ts";
import { MongoOutboxStore } from "./outbox.ts";
import type { Transact } from "./transaction.ts";
import { MongoWebhookDeliveryStore } from "./webhook_deliveries.ts";

/** Aborts the transaction, and with it every write. */
class Stale extends Error {}

/**
 * Applies a change set in one transaction. The head is written first: two writers collide on it, so
 * the loser learns it in one round trip. Then follows one round trip for each kind of row in the
 * change (inserted and updated messages, members), and one for the commit: three for a batch of
 * sends.
 */
export class ChatCommitter {
  readonly #chats: Collection<ChatDocument>;
  readonly #messages: Collection<MessageDocument>;
  readonly #memberships: Collection<MembershipDocument>;
  readonly #audit: MongoAuditStore;
  readonly #handshakes: MongoHandshakeStore;
  readonly #media: MongoMediaStore;
  readonly #outbox: MongoOutboxStore;
  readonly #deliveries: MongoWebhookDeliveryStore;
  readonly #counts: ChatCounts;
  readonly #transact: Transact;

  constructor(mongo: MongoConnection) {
    this.#chats = mongo.collection(CHATS);
    this.#messages = mongo.collection(MESSAGES);
    this.#memberships = mongo.collection(MEMBERSHIPS);
    this.#audit = new MongoAuditStore(mongo);
    this.#handshakes = new MongoHandshakeStore(mongo);
    this.#media = new MongoMediaStore(mongo);
    this.#outbox = new MongoOutboxStore(mongo);
    this.#deliveries = new MongoWebhookDeliveryStore(mongo);
    this.#counts = new ChatCounts(mongo);
    this.#transact = mongo.transact;
  }

  async commit(change: ChatChange): Promise<CommitOutcome> {
    try {
      await this.#transact((session) => this.#apply(change, session));
      return "committed";
    } catch (error) {
      if (error instanceof Stale) return "stale";
      throw error;
    }
  }

  async #apply(change: ChatChange, session: ClientSession): Promise<void> {
    await this.#moveHead(change, session);
    await this.#writeMessages(change, session);
    await this.#writeMembers(change, session);
    if (change.membership) await this.#counts.move(change.membership, session);
    if (change.mls) await this.#handshakes.put(change.mls, session);
    for (const use of change.mediaUses ?? []) {
      await this.#media.use(use, change.chat.updatedAt, session);
    }
    if (change.outbox) await this.#outbox.insert(change.outbox, session);
    if (change.webhooks) await this.#deliveries.insert(change.webhooks, session);
    if (change.audit?.length) await this.#audit.insert(change.audit, session);
  }

  #moveHead(change: ChatChange, session: ClientSession): Promise<void> {
    return change.expectedRev === 0
      ? this.#insertChat(change, session)
      : this.#replaceChat(change, session);
  }

  /**
   * A conflict is not stale here: another transaction may be creating another chat with the same
   * `directKey`, and the next try will tell which.
   */
  async #insertChat({ chat }: ChatChange, session: ClientSession): Promise<void> {
    try {
      await this.#chats.insertOne(chatDocument(chat), { session });
    } catch (error) {
      if (duplicateIndex(error) === "_id_") throw new Stale();
      throw error;
    }
  }

  async #replaceChat({ expectedRev, chat }: ChatChange, session: ClientSession): Promise<void> {
    const { _id, ...fields } = chatDocument(chat);
    try {
      const filter = { _id: eq(_id), rev: eq(expectedRev) };
      const { matchedCount } = await this.#chats.replaceOne(filter, fields, { session });
      if (matchedCount === 0) throw new Stale();
    } catch (error) {
      // Another transaction is moving the head, or has moved it since this one began.
      if (isWriteConflict(error)) throw new Stale();
      throw error;
    }
  }

  async #writeMessages(
    { chat, inserted, updated }: ChatChange,
    session: ClientSession,
  ): Promise<void> {
    for await (const documents of documentsOf(inserted)) {
      await this.#messages.insertMany(documents, { session });
    }
    for await (const documents of documentsOf(updated)) {
      const { matchedCount } = await this.#messages.bulkWrite(
        documents.map(replacementOf),
        { session },
      );
      if (matchedCount === documents.length) continue;
      throw new Error(
        `Cannot update messages of chat ${quote(chat.id)}: one of them does not exist`,
      );
    }
  }

  async #writeMembers(
    { chat, members, reads = [] }: ChatChange,
    session: ClientSession,
  ): Promise<void> {
    const back = members.filter(({ leftAt }) => leftAt === null).map(resetOf);
    const writes = [
      ...back,
      ...members.map(upsertOf),
      ...reads.map((read) => readOf(chat.id, read)),
    ];
    if (writes.length > 0) await this.#memberships.bulkWrite(writes, { session });
  }
}

function replacementOf(
  { _id, ...replacement }: MessageDocument,
): AnyBulkWriteOperation<MessageDocument> {
  return { replaceOne: { filter: { _id: eq(_id) }, replacement } };
}

/** Cursors and settings take no revision: on an existing row cursors only move forward. */
function upsertOf(member: Membership): AnyBulkWriteOperation<MembershipDocument> {
  const { role, rev, joinedAt, leftAt, addedByStranger, hiddenSeq, custom, ...settings } = member;
  const { readSeq, deliveredSeq, ...whenNew } = settings;
  return {
    updateOne: {
      filter: { _id: eq(compoundKey(member.chatId, member.userId)) },
      update: {
        $set: { role, rev, joinedAt, leftAt, addedByStranger, hiddenSeq, custom },
        $max: { readSeq, deliveredSeq },
        $setOnInsert: whenNew,
      },
      upsert: true,
    },
  };
}

/**
 * Resets the settings of a former member who returns; runs before the row says that they are back.
 */
function resetOf(member: Membership): AnyBulkWriteOperation<MembershipDocument> {
  const { notify, mutedUntil } = member;
  return {
    updateOne: {
      filter: { _id: eq(compoundKey(member.chatId, member.userId)), leftAt: { $gt: 0 } },
      update: { $set: { notify, mutedUntil } },
    },
  };
}

/** Matches nothing if the member had read everything before. */
function readOf(
  chatId: string,
  { userId, seq, before }: MemberRead,
): AnyBulkWriteOperation<MembershipDocument> {
  return {
    updateOne: {
      filter: { _id: eq(compoundKey(chatId, userId)), readSeq: { $lt: before } },
      update: { $max: { readSeq: seq, deliveredSeq: seq } },
    },
  };
}
