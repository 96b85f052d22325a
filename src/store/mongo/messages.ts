import type { Collection, Document as AnyDocument, Filter, Sort } from "mongodb";
import type { Message } from "../../model/message.ts";
import type {
  FoundMessages,
  HistoryPage,
  MessageScan,
  MessageSearch,
  MessageStore,
  RevisionRange,
  SenderPage,
  SendKey,
  UnreadCount,
  UnreadQuery,
} from "../message_store.ts";
import { isId } from "../../core/ids.ts";
import { invalidCursor } from "../invalid_cursor.ts";
import { containsRuns, messageText, queryTerms } from "../search_terms.ts";
import { type ChatDocument, CHATS } from "./chat_collection.ts";
import type { MongoConnection } from "./connection.ts";
import { eq, inRange, WITHOUT_TERMS } from "./documents.ts";
import { type MessageDocument, MESSAGES, readMessage } from "./message_collection.ts";
import { hitsAmong, rowsToRead, termsCondition } from "./word_search.ts";

/** Long messages that are decoded in one turn of the event loop. */
const SEARCHED_AT_ONCE = 64;

/**
 * MongoDB merges the scans of an `$in` in their order only if it has at most 200 values (its "ESR
 * guideline"); of more it would read all matches, and sort them. Half of it, since a query may have
 * two alternatives.
 */
const CHATS_PER_SEARCH = 100;

/** Chats that one call counts. */
const COUNTS_AT_ONCE = 50;

export class MongoMessageStore implements MessageStore {
  readonly #messages: Collection<MessageDocument>;
  readonly #chats: Collection<ChatDocument>;

  constructor(mongo: MongoConnection) {
    this.#messages = mongo.collection(MESSAGES);
    this.#chats = mongo.collection(CHATS);
  }

  async byId(id: string): Promise<Message | null> {
    const found = await this.#messages.findOne({ _id: eq(id) }, { projection: WITHOUT_TERMS });
    return found && readMessage(found);
  }

  byIds(ids: string[]): Promise<Message[]> {
    return this.#all({ _id: { $in: ids } });
  }

  bySendKeys(chatId: string, keys: SendKey[]): Promise<Message[]> {
    return this.#anyOf(keys.map(({ senderId, clientId }) => ({
      chatId: eq(chatId),
      senderId: eq(senderId),
      clientId: eq(clientId),
    })));
  }

  page({ chatId, before, after, limit }: HistoryPage): Promise<Message[]> {
    const seq = {
      ...(after !== undefined && { $gt: after }),
      ...(before !== undefined && { $lt: before }),
    };
    const filter = { chatId: eq(chatId), ...(Object.keys(seq).length > 0 && { seq }) };
    return this.#all(filter, { seq: after === undefined ? -1 : 1 }, limit);
  }

  ofSender({ chatId, senderId, after, limit }: SenderPage): Promise<Message[]> {
    const filter = { chatId: eq(chatId), senderId: eq(senderId), seq: { $gt: after } };
    return this.#all(filter, { seq: 1 }, limit);
  }

  changed(chatId: string, after: number, maxRev: number, limit: number): Promise<Message[]> {
    const filter = { chatId: eq(chatId), rev: { $gt: after, $lte: maxRev } };
    return this.#all(filter, { rev: 1 }, limit);
  }

  async changedIn(ranges: RevisionRange[], limit: number): Promise<Message[]> {
    return ranges.length === 0 ? [] : await this.#all({ $or: ranges.map(inRange) }, {}, limit);
  }

  carrying(mediaId: string, limit: number): Promise<Message[]> {
    return this.#all({ "media.id": eq(mediaId) }, {}, limit);
  }

  async chatsCarrying(mediaId: string): Promise<string[]> {
    return await this.#messages.distinct("chatId", { "media.id": eq(mediaId) });
  }

  /** Queries in parallel: MongoDB has no single query that would stop in each chat. */
  async unread(queries: UnreadQuery[], cap: number): Promise<UnreadCount[]> {
    const counts = queries.map(() => ({ unread: 0, mentions: 0 }));
    const asked = queries.map((query, at) => ({ query, at }))
      .filter(({ query }) => query.lastSeq > query.readSeq);
    for (let i = 0; i < asked.length; i += COUNTS_AT_ONCE) {
      const pipelines = asked.slice(i, i + COUNTS_AT_ONCE)
        .map(({ query, at }) => unreadPipeline(query, cap, at));
      for (const { _id, unread, mentions } of await this.#counts(pipelines)) {
        counts[_id] = { unread: Math.min(cap, unread), mentions: Math.min(cap, mentions) };
      }
    }
    return counts;
  }

  async scan({ before, senderId, rows }: MessageScan): Promise<FoundMessages> {
    const below = before === null ? {} : { $lt: before };
    const where = before === null ? {} : { _id: below };
    const options = { projection: { _id: 1 }, sort: { _id: -1 }, skip: rows - 1 } as const;
    const last = await this.#messages.findOne(where, options);
    const range = { ...below, ...(last && { $gte: last._id }) };
    const filter = {
      ...(Object.keys(range).length > 0 && { _id: range }),
      ...(senderId !== null && { senderId: eq(senderId) }),
    };
    const messages = await this.#all(filter as Filter<MessageDocument>, { _id: -1 });
    return { messages, next: last?._id ?? null };
  }

  /** Each chat has the position of its newest message. */
  async newest(chatIds: string[]): Promise<Message[]> {
    const heads = await this.#chats
      .find({ _id: { $in: chatIds }, lastSeq: { $gt: 0 } }, { projection: { lastSeq: 1 } })
      .toArray();
    return this.#anyOf(heads.map(({ _id, lastSeq }) => ({ chatId: eq(_id), seq: eq(lastSeq) })));
  }

  pinned(chatId: string, limit: number): Promise<Message[]> {
    // Comparing with a number excludes null, and lets the partial index be used.
    const filter = { chatId: eq(chatId), pinnedAt: { $gt: 0 } };
    return this.#all(filter, { pinnedAt: -1, seq: -1 }, limit);
  }

  /** The database's own index is written with each message. */
  indexed(): Promise<void> {
    return Promise.resolve();
  }

  async search({ chatIds, query, before, limit }: MessageSearch): Promise<FoundMessages> {
    if (before !== null && !isId(before)) throw invalidCursor(before);
    const asked = queryTerms(query);
    const condition = termsCondition(asked);
    if (condition === null || chatIds.length === 0) return { messages: [], next: null };
    const read = rowsToRead(limit, asked.runs.length === 0);
    const found = await this.#newestAmong(chatIds, condition, before, read);
    const isHit = (message: Message) => containsRuns(messageText(message), asked.runs);
    const { rows, last } = await hitsAmong(found, read, limit, isHit);
    return { messages: rows, next: last && last.id };
  }

  /** Returns the newest matching messages of the chats, which are read some at a time. */
  async #newestAmong(
    chatIds: string[],
    condition: Filter<MessageDocument>,
    before: string | null,
    limit: number,
  ): Promise<Message[]> {
    let newest: Message[] = [];
    for (let at = 0; at < chatIds.length; at += CHATS_PER_SEARCH) {
      const oldest = newest.length < limit ? null : newest[limit - 1].id;
      const found = await this.#all(
        {
          $and: [
            condition,
            { chatId: { $in: chatIds.slice(at, at + CHATS_PER_SEARCH) } },
            before === null ? {} : { _id: { $lt: before } },
            oldest === null ? {} : { _id: { $gt: oldest } },
          ],
        } as Filter<MessageDocument>,
        { _id: -1 },
        limit,
        SEARCHED_AT_ONCE,
      );
      if (found.length > 0) newest = [...newest, ...found].sort(newestFirst).slice(0, limit);
    }
    return newest;
  }

  /** Counts many chats in one call: each by a separate pipeline, which stops at its limit. */
  #counts([first, ...others]: AnyDocument[][]): Promise<(UnreadCount & { _id: number })[]> {
    const unions = others.map((pipeline) => ({ $unionWith: { coll: MESSAGES.name, pipeline } }));
    return this.#messages.aggregate<UnreadCount & { _id: number }>([...first, ...unions]).toArray();
  }

  /** Separate complete conditions, so that each is an index lookup; none finds nothing. */
  async #anyOf(conditions: Filter<MessageDocument>[]): Promise<Message[]> {
    return conditions.length === 0 ? [] : await this.#all({ $or: conditions });
  }

  async #all(
    filter: Filter<MessageDocument>,
    sort?: Sort,
    limit?: number,
    batchSize?: number,
  ): Promise<Message[]> {
    const options = { projection: WITHOUT_TERMS, sort, limit, batchSize };
    const found = this.#messages.find(filter, options);
    return (await found.toArray()).map(readMessage);
  }
}

function newestFirst(a: Message, b: Message): number {
  return a.id < b.id ? 1 : -1;
}

/**
 * Counts as `unread` specifies; `at` becomes the `_id` of the result, if it finds anything. It reads
 * the index from the newest message on, and at most the rows of its limit.
 */
function unreadPipeline(query: UnreadQuery, cap: number, at: number): AnyDocument[] {
  const { chatId, userId, readSeq, lastSeq, exceptSenderIds } = query;
  return [
    { $match: { chatId: eq(chatId), seq: { $gt: readSeq, $lte: lastSeq } } },
    { $sort: { seq: -1 } },
    { $limit: 2 * cap },
    {
      $match: {
        senderId: { $nin: [userId, ...exceptSenderIds] },
        deletedAt: null,
        shadow: { $ne: true },
        $nor: [{ kind: { $ne: "encrypted" }, media: { $size: 0 }, text: "" }],
      },
    },
    { $project: { mentioned: { $cond: [{ $in: [userId, "$mentions"] }, 1, 0] } } },
    { $group: { _id: { $literal: at }, unread: { $sum: 1 }, mentions: { $sum: "$mentioned" } } },
  ];
}
