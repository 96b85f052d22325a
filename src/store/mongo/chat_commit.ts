import type { ClientSession, Collection } from "mongodb";
import type { Membership } from "../../model/membership.ts";
import type { ChatChange, CommitOutcome, MemberRead } from "../chat_store.ts";
import { MongoAuditStore } from "./audit.ts";
import { NothingMatched, type PlannedWrite, RefusedWrite, writeAll } from "./bulk_write.ts";
import { ChatCounts } from "./chat_counts.ts";
import { type ChatDocument, chatDocument, CHATS } from "./chat_collection.ts";
import { BrokenBatch, charactersOf, CommitQueue, type RefusedChange } from "./commit_queue.ts";
import type { MongoConnection } from "./connection.ts";
import { compoundKey, eq } from "./documents.ts";
import { duplicateIndex, hasLabel, isWriteConflict } from "./errors.ts";
import { MongoHandshakeStore } from "./handshakes.ts";
import { MongoMediaStore } from "./media.ts";
import { MEMBERSHIPS } from "./memberships.ts";
import { documentsOf, type MessageDocument, MESSAGES } from "./message_collection.ts";
import type { MongoOutboxStore } from "./outbox.ts";
import type { Transact } from "./transaction.ts";
import { deliveryWrite } from "./webhook_deliveries.ts";

type Fields = Record<string, unknown>;

/** Aborts the transaction, and with it every write. */
class Stale extends Error {}

/**
 * Applies change sets, each in one transaction, and those that have only messages and cursors to
 * write in one together. The heads are written first: two writers collide on them. On MongoDB 8
 * they share one round trip with the messages, cursors and events; on earlier releases each
 * collection takes one. Another one is the commit.
 */
export class ChatCommitter {
  readonly #chats: Collection<ChatDocument>;
  readonly #audit: MongoAuditStore;
  readonly #handshakes: MongoHandshakeStore;
  readonly #media: MongoMediaStore;
  readonly #counts: ChatCounts;
  readonly #transact: Transact;
  readonly #queue = new CommitQueue({
    alone: (change) => this.#alone(change),
    together: (changes) => this.#together(changes),
  });

  /** The outbox that the entries of the commits are settled by. */
  constructor(
    private readonly mongo: MongoConnection,
    private readonly outbox: MongoOutboxStore,
  ) {
    this.#chats = mongo.collection(CHATS);
    this.#audit = new MongoAuditStore(mongo);
    this.#handshakes = new MongoHandshakeStore(mongo);
    this.#media = new MongoMediaStore(mongo);
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
        await this.#writeRows(changes, session);
      } catch (error) {
        // Whatever is of the moment concerns them all: a lost connection, a new primary.
        const passes = hasLabel(error, "TransientTransactionError") && !isWriteConflict(error);
        throw passes ? error : new BrokenBatch(refusedOf(changes, error), { cause: error });
      }
    });
  }

  async #apply(change: ChatChange, session: ClientSession): Promise<void> {
    if (change.expectedRev === 0) await this.#insertChat(change, session);
    try {
      await this.#writeRows([change], session);
    } catch (error) {
      throw change.expectedRev > 0 && isOvertaken(error) ? new Stale() : error;
    }
    if (change.membership) await this.#counts.move(change.membership, session);
    if (change.mls) await this.#handshakes.put(change.mls, session);
    for (const use of change.mediaUses ?? []) {
      await this.#media.use(use, change.chat.updatedAt, session);
    }
    if (change.audit?.length) await this.#audit.insert(change.audit, session);
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

  /**
   * The first portion of the messages shares its round trip with the heads, the last with the rest.
   */
  async #writeRows(changes: ChatChange[], session: ClientSession): Promise<void> {
    const pending = changes.flatMap(headWrites);
    let hasMessages = false;
    for await (const portion of messageWrites(changes)) {
      if (hasMessages) await writeAll(this.mongo, pending.splice(0), session);
      pending.push(...portion);
      hasMessages = true;
    }
    const isSmall = changes.reduce((sum, change) => sum + charactersOf(change), 0) < MAX_CHARACTERS;
    if (!isSmall) await writeAll(this.mongo, pending.splice(0), session);
    const entries = changes.flatMap(({ outbox }) => outbox ?? []);
    const deliveries = changes.flatMap(({ webhooks }) => webhooks ?? []);
    pending.push(...changes.flatMap(memberWrites));
    pending.push(...await this.outbox.writesOf(entries), ...deliveries.map(deliveryWrite));
    await writeAll(this.mongo, pending, session);
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

/** Returns the change whose write made a transaction fail, or null if the error names none. */
function refusedOf(changes: ChatChange[], error: unknown): RefusedChange | null {
  const isNamed = error instanceof NothingMatched || error instanceof RefusedWrite;
  const chatId = isNamed && error.write ? chatOf(error.write) : undefined;
  const change = changes.find(({ chat }) => chat.id === chatId);
  return change ? { change, isStale: isOvertaken(error) } : null;
}

/** The chat of a head or of a new message; undefined for another write. */
function chatOf(write: PlannedWrite): string | undefined {
  if ("insert" in write) return write.insert.chatId;
  return write.to === CHATS.name ? write.filter._id : undefined;
}

function memberWrites({ chat, members, reads = [] }: ChatChange): PlannedWrite[] {
  const back = members.filter(({ leftAt }) => leftAt === null).map(resetOf);
  return [...back, ...members.map(upsertOf), ...reads.map((read) => readOf(chat.id, read))];
}

function headWrites({ expectedRev, chat, before }: ChatChange): PlannedWrite[] {
  if (expectedRev === 0) return [];
  const { _id, ...row } = chatDocument(chat);
  const head = { to: CHATS.name, filter: { _id: eq(_id), rev: eq(expectedRev) } };
  const changed = before && changedFields(chatDocument(before), row);
  if (!changed) return [{ ...head, replacement: row }];
  // A state that is kept after a commit has the time of an earlier one.
  const update = { $set: { ...changed, updatedAt: row.updatedAt } };
  return [{ ...head, update, mustMatch: true }];
}

/**
 * Returns the fields that differ, so that the database looks at no index of the others; null if one
 * of them is gone.
 */
function changedFields(before: Fields, after: Fields): Fields | null {
  const isGone = (name: string) => name !== "_id" && !(name in after);
  if (Object.keys(before).some(isGone)) return null;
  return Object.fromEntries(
    Object.entries(after).filter(([name, value]) => before[name] !== value),
  );
}

/** In portions, each of which is as much as one turn of the event loop should encode. */
async function* messageWrites(changes: ChatChange[]): AsyncIterable<PlannedWrite[]> {
  for await (const documents of documentsOf(changes.flatMap(({ updated }) => updated))) {
    yield documents.map(replacementOf);
  }
  for await (const documents of documentsOf(changes.flatMap(({ inserted }) => inserted))) {
    yield documents.map((insert) => ({ to: MESSAGES.name, insert }));
  }
}

function replacementOf({ _id, ...replacement }: MessageDocument): PlannedWrite {
  return { to: MESSAGES.name, filter: { _id: eq(_id) }, replacement };
}

/**
 * True if the head has moved, or another transaction is moving it. Only a head that has moved lets
 * two messages want the same place in the history.
 */
function isOvertaken(error: unknown): boolean {
  if (error instanceof NothingMatched) return error.to === CHATS.name;
  return isWriteConflict(error) || duplicateIndex(error) === "history";
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
