import type { AnyBulkWriteOperation, ClientSession, Collection } from "mongodb";
import { quote } from "../../core/errors.ts";
import type { Membership } from "../../model/membership.ts";
import type { ChatChange, CommitOutcome, MemberRead } from "../chat_store.ts";
import { MongoAuditStore } from "./audit.ts";
import { type PlannedWrite, writeAll } from "./bulk_write.ts";
import { ChatCounts } from "./chat_counts.ts";
import { type ChatDocument, chatDocument, CHATS } from "./chat_collection.ts";
import { BrokenBatch, charactersOf, CommitQueue } from "./commit_queue.ts";
import type { MongoConnection } from "./connection.ts";
import { compoundKey, eq } from "./documents.ts";
import { duplicateIndex, hasLabel, isWriteConflict } from "./errors.ts";
import { MongoHandshakeStore } from "./handshakes.ts";
import { MongoMediaStore } from "./media.ts";
import { MEMBERSHIPS } from "./memberships.ts";
import { documentsOf, type MessageDocument, MESSAGES } from "./message_collection.ts";
import { MongoOutboxStore } from "./outbox.ts";
import type { Transact } from "./transaction.ts";
import { MongoWebhookDeliveryStore } from "./webhook_deliveries.ts";

/** Aborts the transaction, and with it every write. */
class Stale extends Error {}

/**
 * Applies change sets, each in one transaction, and those that have only messages and cursors to
 * write in one together. The heads are written first: two writers collide on them, so the loser
 * learns it in one round trip. Then follow one round trip for everything else that is inserted
 * (MongoDB 8; one for each collection before), and one for the commit.
 */
export class ChatCommitter {
  readonly #chats: Collection<ChatDocument>;
  readonly #messages: Collection<MessageDocument>;
  readonly #audit: MongoAuditStore;
  readonly #handshakes: MongoHandshakeStore;
  readonly #media: MongoMediaStore;
  readonly #outbox: MongoOutboxStore;
  readonly #deliveries: MongoWebhookDeliveryStore;
  readonly #counts: ChatCounts;
  readonly #transact: Transact;
  readonly #queue = new CommitQueue({
    alone: (change) => this.#alone(change),
    together: (changes) => this.#together(changes),
  });

  constructor(private readonly mongo: MongoConnection) {
    this.#chats = mongo.collection(CHATS);
    this.#messages = mongo.collection(MESSAGES);
    this.#audit = new MongoAuditStore(mongo);
    this.#handshakes = new MongoHandshakeStore(mongo);
    this.#media = new MongoMediaStore(mongo);
    this.#outbox = new MongoOutboxStore(mongo);
    this.#deliveries = new MongoWebhookDeliveryStore(mongo);
    this.#counts = new ChatCounts(mongo);
    this.#transact = mongo.transact;
  }

  commit(change: ChatChange): Promise<CommitOutcome> {
    return isPlain(change) ? this.#queue.commit(change) : this.#alone(change);
  }

  async #alone(change: ChatChange): Promise<CommitOutcome> {
    try {
      await this.#transact((session) => this.#apply(change, session));
      return "committed";
    } catch (error) {
      if (error instanceof Stale) return "stale";
      throw error;
    }
  }

  async #together(changes: ChatChange[]): Promise<void> {
    await this.#transact(async (session) => {
      try {
        await this.#replaceChats(changes, session);
        await this.#writeRows(changes, session);
      } catch (error) {
        // Whatever is of the moment concerns them all: a lost connection, a new primary.
        const passes = hasLabel(error, "TransientTransactionError") && !isWriteConflict(error);
        throw passes ? error : new BrokenBatch("A change cannot be applied", { cause: error });
      }
    });
  }

  async #apply(change: ChatChange, session: ClientSession): Promise<void> {
    await this.#moveHead(change, session);
    await this.#updateMessages(change, session);
    await this.#writeRows([change], session);
    if (change.membership) await this.#counts.move(change.membership, session);
    if (change.mls) await this.#handshakes.put(change.mls, session);
    for (const use of change.mediaUses ?? []) {
      await this.#media.use(use, change.chat.updatedAt, session);
    }
    if (change.audit?.length) await this.#audit.insert(change.audit, session);
  }

  #moveHead(change: ChatChange, session: ClientSession): Promise<void> {
    return change.expectedRev === 0
      ? this.#insertChat(change, session)
      : this.#replaceChats([change], session);
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

  async #replaceChats(changes: ChatChange[], session: ClientSession): Promise<void> {
    const operations = changes.map(({ expectedRev, chat }) => {
      const { _id, ...replacement } = chatDocument(chat);
      return { replaceOne: { filter: { _id: eq(_id), rev: eq(expectedRev) }, replacement } };
    });
    try {
      const { matchedCount } = await this.#chats.bulkWrite(operations, { session });
      if (matchedCount < changes.length) throw new Stale();
    } catch (error) {
      // Another transaction is moving the head, or has moved it since this one began.
      if (isWriteConflict(error)) throw new Stale();
      throw error;
    }
  }

  async #updateMessages({ chat, updated }: ChatChange, session: ClientSession): Promise<void> {
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

  /** The last portion of the messages shares its round trip with the other rows. */
  async #writeRows(changes: ChatChange[], session: ClientSession): Promise<void> {
    let portion: PlannedWrite[] = [];
    for await (const documents of documentsOf(changes.flatMap(({ inserted }) => inserted))) {
      await writeAll(this.mongo, portion, session);
      portion = documents.map((insert) => ({ to: MESSAGES.name, insert }));
    }
    const entries = changes.flatMap(({ outbox }) => outbox ?? []);
    const rows = [...changes.flatMap(memberWrites), ...await this.#outbox.writesOf(entries)];
    const isSmall = changes.reduce((sum, change) => sum + charactersOf(change), 0) < MAX_CHARACTERS;
    if (!isSmall) await writeAll(this.mongo, portion.splice(0), session);
    await writeAll(this.mongo, [...portion, ...rows], session);
    await this.#deliveries.insert(changes.flatMap(({ webhooks }) => webhooks ?? []), session);
  }
}

/** One command has at most 16 MB, of which other fields and terms take several times the text. */
const MAX_CHARACTERS = 500_000;

/** True if the change is decided by the chat's head alone, and writes what most sends write. */
function isPlain(change: ChatChange): boolean {
  const { expectedRev, updated, members, membership, mls, mediaUses, audit } = change;
  return expectedRev > 0 && updated.length === 0 && members.length === 0 && !membership && !mls &&
    !mediaUses?.length && !audit?.length;
}

function memberWrites({ chat, members, reads = [] }: ChatChange): PlannedWrite[] {
  const back = members.filter(({ leftAt }) => leftAt === null).map(resetOf);
  return [...back, ...members.map(upsertOf), ...reads.map((read) => readOf(chat.id, read))];
}

function replacementOf(
  { _id, ...replacement }: MessageDocument,
): AnyBulkWriteOperation<MessageDocument> {
  return { replaceOne: { filter: { _id: eq(_id) }, replacement } };
}

/** Cursors and settings take no revision: on an existing row cursors only move forward. */
function upsertOf(member: Membership): PlannedWrite {
  const { role, rev, joinedAt, leftAt, addedByStranger, hiddenSeq, custom, ...settings } = member;
  const { readSeq, deliveredSeq, ...whenNew } = settings;
  return {
    to: MEMBERSHIPS.name,
    filter: { _id: eq(compoundKey(member.chatId, member.userId)) },
    update: {
      $set: { role, rev, joinedAt, leftAt, addedByStranger, hiddenSeq, custom },
      $max: { readSeq, deliveredSeq },
      $setOnInsert: whenNew,
    },
    upsert: true,
  };
}

/**
 * Resets the settings of a former member who returns; runs before the row says that they are back.
 */
function resetOf({ chatId, userId, notify, mutedUntil }: Membership): PlannedWrite {
  return {
    to: MEMBERSHIPS.name,
    filter: { _id: eq(compoundKey(chatId, userId)), leftAt: { $gt: 0 } },
    update: { $set: { notify, mutedUntil } },
  };
}

/** Matches nothing if the member had read everything before. */
function readOf(chatId: string, { userId, seq, before }: MemberRead): PlannedWrite {
  return {
    to: MEMBERSHIPS.name,
    filter: { _id: eq(compoundKey(chatId, userId)), readSeq: { $lt: before } },
    update: { $max: { readSeq: seq, deliveredSeq: seq } },
  };
}
