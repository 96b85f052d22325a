import type { SQLInputValue } from "node:sqlite";
import type { Message } from "../../model/message.ts";
import type {
  HistoryPage,
  MessageSearch,
  MessageStore,
  SenderPage,
  SendKey,
  UnreadQuery,
} from "../message_store.ts";
import type { Database } from "./database.ts";
import type { IndexBacklog } from "./index_backlog.ts";
import type { SqliteMessageSearch } from "./message_search.ts";
import { MESSAGES } from "./message_table.ts";

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
    return this.#db.read(() =>
      this.#rows("WHERE id IN (SELECT value FROM json_each(?))", JSON.stringify(ids))
    );
  }

  bySendKeys(chatId: string, keys: SendKey[]): Promise<Message[]> {
    const distinct = new Map(keys.map((key) => [`${key.senderId} ${key.clientId}`, key]));
    return this.#db.read(() =>
      [...distinct.values()].flatMap(({ senderId, clientId }) =>
        this.#rows(
          "WHERE chatId = ? AND senderId = ? AND clientId = ?",
          ...[chatId, senderId, clientId],
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
        `WHERE chatId = ? AND seq > ? AND seq < ? ORDER BY seq ${order} LIMIT ?`,
        ...[chatId, from, to, limit],
      )
    );
  }

  ofSender({ chatId, senderId, after, limit }: SenderPage): Promise<Message[]> {
    return this.#db.read(() =>
      this.#rows(
        "WHERE chatId = ? AND senderId = ? AND seq > ? ORDER BY seq LIMIT ?",
        ...[chatId, senderId, after, limit],
      )
    );
  }

  changed(chatId: string, after: number, upTo: number, limit: number): Promise<Message[]> {
    return this.#db.read(() =>
      this.#rows(
        "WHERE chatId = ? AND rev > ? AND rev <= ? ORDER BY rev, seq LIMIT ?",
        ...[chatId, after, upTo, limit],
      )
    );
  }

  carrying(mediaId: string, limit: number): Promise<Message[]> {
    return this.#db.read(() =>
      this.#rows(
        "WHERE id IN (SELECT messageId FROM message_media WHERE mediaId = ? LIMIT ?)",
        ...[mediaId, limit],
      )
    );
  }

  chatsCarrying(mediaId: string): Promise<string[]> {
    return this.#db.read(() =>
      this.#db.all("SELECT DISTINCT chatId FROM message_media WHERE mediaId = ?", mediaId)
        .map((raw) => String(raw.chatId))
    );
  }

  unread(queries: UnreadQuery[], cap: number): Promise<number[]> {
    return this.#db.read(() =>
      queries.map(({ chatId, userId, readSeq }) =>
        Number(
          this.#db.get(
            `SELECT count(*) AS unread FROM (SELECT 1 FROM messages
             WHERE chatId = ? AND seq > ? AND senderId <> ? AND deletedAt IS NULL LIMIT ?)`,
            ...[chatId, readSeq, userId, cap],
          )!.unread,
        )
      )
    );
  }

  newest(chatIds: string[]): Promise<Message[]> {
    return this.#db.read(() =>
      [...new Set(chatIds)].flatMap((chatId) =>
        this.#rows("WHERE chatId = ? ORDER BY seq DESC LIMIT 1", chatId)
      )
    );
  }

  pinned(chatId: string, limit: number): Promise<Message[]> {
    return this.#db.read(() =>
      this.#rows(
        `WHERE chatId = ? AND pinnedAt IS NOT NULL ORDER BY pinnedAt DESC, seq DESC LIMIT ?`,
        ...[chatId, limit],
      )
    );
  }

  async search(search: MessageSearch): Promise<Message[]> {
    await this.#backlog.catchUp();
    return await this.#db.read(() => this.#search.run(search));
  }

  #rows(rest: string, ...values: SQLInputValue[]): Message[] {
    return this.#db.all(MESSAGES.select(rest), ...values).map((raw) => MESSAGES.decode(raw));
  }
}
