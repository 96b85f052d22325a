import type { SQLInputValue } from "node:sqlite";
import { timeSlices } from "../../core/work_budget.ts";
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
import { changedMessages } from "./changed_messages.ts";
import type { Database } from "./database.ts";
import type { IndexBacklog } from "./index_backlog.ts";
import type { SqliteMessageSearch } from "./message_search.ts";
import { rowidOf, TOP_PLACE } from "./message_rowid.ts";
import { MESSAGES } from "./message_table.ts";

/** The inner query reads at most its limit of rows, newest first; the outer one filters them. */
const UNREAD = `
  SELECT count(*) AS unread, coalesce(sum(instr(mentions, ?5) > 0), 0) AS mentions FROM (
    SELECT senderId, mentions, deletedAt, shadow, kind <> 'encrypted' AND media = '[]' AND text = '' AS isEmptied
    FROM messages WHERE chatId = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq DESC LIMIT 0 + ?4
  ) WHERE deletedAt IS NULL AND shadow = 0 AND NOT isEmptied AND senderId <> ?5
    AND senderId NOT IN (SELECT value FROM json_each(?6))`;
/** Messages read in one slice, from any sender. */
const STRETCH_ROWS = 500;
const STRETCH = `SELECT max(seq) AS end, count(*) AS count FROM
  (SELECT seq FROM messages WHERE chatId = ? AND seq > ? ORDER BY seq LIMIT ${STRETCH_ROWS})`;

const OF_SENDER_IN_STRETCH =
  "WHERE chatId = ? AND senderId = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT 0 + ?";

const NEWEST = `WHERE chatId = ?1 AND seq =
  (SELECT lastSeq FROM chats WHERE id = ?1)`;

const PLACE_OF = "SELECT place FROM messages WHERE id = ?";
const LAST_OF_SCAN = `SELECT place, id FROM messages
  WHERE place < ? ORDER BY place DESC LIMIT 1 OFFSET ?`;

const NEXT_CHAT_CARRYING = `SELECT chatId FROM message_media
  WHERE mediaId = ? AND chatId > ? ORDER BY chatId LIMIT 1`;

export class SqliteMessageStore implements MessageStore {
  readonly #db: Database;
  readonly #search: SqliteMessageSearch;
  readonly #backlog: IndexBacklog;

  constructor(db: Database, search: SqliteMessageSearch, backlog: IndexBacklog) {
    this.#db = db;
    this.#search = search;
    this.#backlog = backlog;
  }

  byId(id: string): Promise<Message | null> {
    return this.#db.read(() => this.#rows("WHERE id = ?", id)[0] ?? null);
  }

  byIds(ids: string[]): Promise<Message[]> {
    return this.#db.readParts(
      [...new Set(ids)],
      (part) => this.#rows("WHERE id IN (SELECT value FROM json_each(?))", JSON.stringify(part)),
    );
  }

  bySendKeys(chatId: string, keys: SendKey[]): Promise<Message[]> {
    const distinct = new Map(keys.map((key) => [`${key.senderId} ${key.clientId}`, key]));
    return this.#db.read(() =>
      [...distinct.values()].flatMap(({ senderId, clientId }) =>
        this.#rows(
          "WHERE chatId = ? AND senderId = ? AND clientId = ?",
          chatId,
          senderId,
          clientId,
        )
      )
    );
  }

  page({ chatId, before, after, limit }: HistoryPage): Promise<Message[]> {
    const from = after ?? -1;
    const to = before ?? Number.MAX_SAFE_INTEGER;
    const order = after === undefined ? "DESC" : "ASC";
    return this.#db.read(() =>
      this.#rows(
        `WHERE chatId = ? AND seq > ? AND seq < ? ORDER BY seq ${order} LIMIT 0 + ?`,
        chatId,
        from,
        to,
        limit,
      )
    );
  }

  ofSender(page: SenderPage): Promise<Message[]> {
    return this.#ofSender(page);
  }

  changed(chatId: string, after: number, maxRev: number, limit: number): Promise<Message[]> {
    return changedMessages(this.#db, { chatId, after, maxRev }, limit);
  }

  async changedIn(ranges: RevisionRange[], limit: number): Promise<Message[]> {
    const rows: Message[] = [];
    for (const { chatId, after, maxRev } of ranges) {
      if (rows.length >= limit) break;
      rows.push(...await this.changed(chatId, after, maxRev, limit - rows.length));
    }
    return rows;
  }

  carrying(mediaId: string, limit: number): Promise<Message[]> {
    return this.#db.read(() =>
      this.#rows(
        "WHERE id IN (SELECT messageId FROM message_media WHERE mediaId = ? LIMIT 0 + ?)",
        mediaId,
        limit,
      )
    );
  }

  chatsCarrying(mediaId: string): Promise<string[]> {
    return this.#chatsCarrying(mediaId);
  }

  async unread(queries: UnreadQuery[], cap: number): Promise<UnreadCount[]> {
    const pause = timeSlices();
    const counts: UnreadCount[] = [];
    for (const query of queries) {
      counts.push(await this.#db.read(() => this.#unread(query, cap)));
      await pause();
    }
    return counts;
  }

  scan({ before, senderId, rows }: MessageScan): Promise<FoundMessages> {
    return this.#db.read(() => {
      const top = before === null ? TOP_PLACE + 1 : this.#placeOf(before);
      const last = this.#db.get(LAST_OF_SCAN, top, rows - 1);
      const bottom = last === undefined ? -TOP_PLACE : Number(last.place);
      const of = senderId === null ? "" : "AND senderId = ?";
      const range = `WHERE place < ? AND place >= ? ${of} ORDER BY place DESC`;
      const messages = this.#rows(range, top, bottom, ...(senderId === null ? [] : [senderId]));
      return { messages, next: last === undefined ? null : String(last.id) };
    });
  }

  newest(chatIds: string[]): Promise<Message[]> {
    return this.#db.readParts(
      [...new Set(chatIds)],
      (part) => part.flatMap((chatId) => this.#rows(NEWEST, chatId)),
    );
  }

  pinned(chatId: string, limit: number): Promise<Message[]> {
    return this.#db.read(() =>
      this.#rows(
        `WHERE chatId = ? AND pinnedAt IS NOT NULL ORDER BY pinnedAt DESC, seq DESC LIMIT 0 + ?`,
        chatId,
        limit,
      )
    );
  }

  search(search: MessageSearch): Promise<FoundMessages> {
    return this.#search.run(search);
  }

  indexed(): Promise<void> {
    return this.#db.guard(() => this.#backlog.drain());
  }

  /** The place of the message, or the one that it would have. */
  #placeOf(id: string): number {
    return Number(this.#db.get(PLACE_OF, id)?.place ?? rowidOf(id));
  }

  /** There is no index by sender: reads the whole chat, in slices. */
  async #ofSender({ chatId, senderId, after, limit }: SenderPage): Promise<Message[]> {
    const rows: Message[] = [];
    for (let from = after, isEnd = false; !isEnd && rows.length < limit;) {
      await this.#db.read(() => {
        const { end, count } = this.#db.get(STRETCH, chatId, from)!;
        const values = [chatId, senderId, from, end, limit - rows.length];
        rows.push(...this.#rows(OF_SENDER_IN_STRETCH, ...values));
        isEnd = Number(count) < STRETCH_ROWS;
        from = Number(end);
      });
    }
    return rows;
  }

  /** Reads chat by chat: a file may be in any number of messages. */
  async #chatsCarrying(mediaId: string): Promise<string[]> {
    const chatIds: string[] = [];
    for (;;) {
      const last = chatIds.at(-1) ?? "";
      const next = await this.#db.read(() => this.#db.get(NEXT_CHAT_CARRYING, mediaId, last));
      if (next === undefined) return chatIds;
      chatIds.push(String(next.chatId));
    }
  }

  #unread(query: UnreadQuery, cap: number): UnreadCount {
    const { chatId, userId, readSeq, lastSeq, exceptSenderIds } = query;
    if (lastSeq <= readSeq) return { unread: 0, mentions: 0 };
    const { unread, mentions } = this.#db.get(
      UNREAD,
      chatId,
      readSeq,
      lastSeq,
      2 * cap,
      userId,
      JSON.stringify(exceptSenderIds),
    )!;
    return { unread: Math.min(cap, Number(unread)), mentions: Math.min(cap, Number(mentions)) };
  }

  #rows(rest: string, ...values: SQLInputValue[]): Message[] {
    return this.#db.all(MESSAGES.select(rest), ...values).map((raw) => MESSAGES.decode(raw));
  }
}
