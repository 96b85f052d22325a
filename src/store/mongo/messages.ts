import type { Collection, Filter, Sort } from "mongodb";
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
import { pageAfter, pageBefore, type SeqRange } from "./history_pages.ts";
import { type MessageDocument, MESSAGES, readMessage } from "./message_collection.ts";
import { countUnread } from "./unread.ts";
import { hitsAmong, rowsToRead, termsCondition } from "./word_search.ts";

/** Long messages that are decoded in one turn of the event loop. */
const SEARCHED_AT_ONCE = 64;

/**
 * MongoDB merges the scans of an `$in` in their order only if it has at most 200 values (its "ESR
 * guideline"); of more it would read all matches, and sort them. Half of it, since a query may have
 * two alternatives.
 */
const CHATS_PER_SEARCH = 100;

/** Chats whose changes one query reads. */
const RANGES_AT_ONCE = 100;

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

  async page({ chatId, before, after, limit }: HistoryPage): Promise<Message[]> {
    const read = (sort: Sort) => ({ after, before }: SeqRange, limit: number) => {
      const seq = { $gt: eq(after), ...(before < Infinity && { $lt: eq(before) }) };
      return this.#all({ chatId: eq(chatId), seq }, sort, limit);
    };
    if (after === undefined) {
      return await pageBefore(before ?? await this.#end(chatId), limit, read({ seq: -1 }));
    }
    return await pageAfter({ after, before: before ?? Infinity }, limit, read({ seq: 1 }));
  }

  /** Returns a position behind every message that was stored before the call. */
  async #end(chatId: string): Promise<number> {
    const chat = await this.#chats.findOne({ _id: eq(chatId) }, { projection: { rev: 1 } });
    return (chat?.rev ?? 0) + 1;
  }

  ofSender({ chatId, senderId, after, limit }: SenderPage): Promise<Message[]> {
    const filter = { chatId: eq(chatId), senderId: eq(senderId), seq: { $gt: after } };
    return this.#all(filter, { seq: 1 }, limit);
  }

  changed(chatId: string, after: number, maxRev: number, limit: number): Promise<Message[]> {
    const filter = { chatId: eq(chatId), rev: { $gt: after, $lte: maxRev } };
    return this.#all(filter, { rev: 1 }, limit);
  }

  /**
   * Some ranges at a time: the time that a database takes to plan grows faster than their number.
   */
  async changedIn(ranges: RevisionRange[], limit: number): Promise<Message[]> {
    const rows: Message[] = [];
    for (let at = 0; at < ranges.length && rows.length < limit; at += RANGES_AT_ONCE) {
      const some = ranges.slice(at, at + RANGES_AT_ONCE).map(inRange);
      rows.push(...await this.#all({ $or: some }, {}, limit - rows.length));
    }
    return rows;
  }

  carrying(mediaId: string, limit: number): Promise<Message[]> {
    return this.#all({ "media.id": eq(mediaId) }, {}, limit);
  }

  async chatsCarrying(mediaId: string): Promise<string[]> {
    return await this.#messages.distinct("chatId", { "media.id": eq(mediaId) });
  }

  unread(queries: UnreadQuery[], cap: number): Promise<UnreadCount[]> {
    return countUnread(this.#messages, queries, cap);
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
