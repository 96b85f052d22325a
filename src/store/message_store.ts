import type { Message } from "../model/message.ts";

export interface SendKey {
  senderId: string;
  clientId: string;
}

export interface HistoryPage {
  chatId: string;
  /** Messages with `seq < before`, newest first. Without either bound: from the newest. */
  before?: number;
  /** Messages with `seq > after`, oldest first. */
  after?: number;
  limit: number;
}

export interface SenderPage {
  chatId: string;
  senderId: string;
  after: number;
  limit: number;
}

export interface MessageSearch {
  /** The chats to search in; none finds nothing. */
  chatIds: string[];
  /** As the person typed it: all of its words must be there, the last one may be unfinished. */
  query: string;
  /** Where an earlier page stopped: its `next`, or the id of the last message that is not wanted again. */
  before: string | null;
  limit: number;
}

export interface FoundMessages {
  messages: Message[];
  /**
   * Null if there is nothing more. A search takes only so much time: where it has used it up, the page has
   * fewer messages than asked for, or none, and `next` says where to go on.
   */
  next: string | null;
}

export interface UnreadQuery {
  chatId: string;
  userId: string;
  /** The messages after it count. */
  readSeq: number;
  /** `Chat.lastSeq`: no message is newer, or it does not count yet. */
  lastSeq: number;
  /** People whose messages do not count. */
  exceptSenderIds: readonly string[];
}

export interface UnreadCount {
  unread: number;
  /** Those of them that mention the person. */
  mentions: number;
}

/** Revisions of one chat, with `after < rev <= upTo`. */
export interface RevisionRange {
  chatId: string;
  after: number;
  upTo: number;
}

export interface MessageStore {
  /** Tombstones too; null when missing. */
  byId(id: string): Promise<Message | null>;
  /** Those that exist, once each, in no particular order. */
  byIds(ids: string[]): Promise<Message[]>;
  /** The messages of this chat that these sends have already made, in no particular order. */
  bySendKeys(chatId: string, keys: SendKey[]): Promise<Message[]>;
  /** Tombstones included: they keep their place. */
  page(page: HistoryPage): Promise<Message[]>;
  /**
   * What the person sent in this chat, tombstones included, with `seq > after`, oldest first. It walks
   * the chat, and is meant for an export or an erasure, not for every day.
   */
  ofSender(query: SenderPage): Promise<Message[]>;
  /** Rows with `after < rev <= upTo`, in order of `rev`, at most `limit`. */
  changed(chatId: string, after: number, upTo: number, limit: number): Promise<Message[]>;
  /** Rows in any of the ranges, which are of different chats; at most `limit`, in no particular order. */
  changedIn(ranges: RevisionRange[], limit: number): Promise<Message[]>;
  /** Messages of whatever chat that carry this upload, at most `limit`, in no particular order. */
  carrying(mediaId: string, limit: number): Promise<Message[]>;
  /** The chats that have such messages, once each, in no particular order. */
  chatsCarrying(mediaId: string): Promise<string[]>;
  /**
   * For each query, in its order: how many messages of others follow `readSeq` that say something, i.e.
   * are not deleted and have not lost all their files. Both numbers are at most `cap`. Of a chat only the
   * newest messages are read, twice the cap or a little more: what lies further back is not counted.
   */
  unread(queries: UnreadQuery[], cap: number): Promise<UnreadCount[]>;
  /** The newest message of each chat that has one, tombstones included, in no particular order. */
  newest(chatIds: string[]): Promise<Message[]>;
  /** Most recently pinned first; of those pinned in one millisecond, the highest `seq`. */
  pinned(chatId: string, limit: number): Promise<Message[]>;
  /**
   * Never deleted or encrypted ones; newest (highest id) first. A query without words finds nothing.
   * Throws `invalid_request` if `before` is neither an id nor a `next` of this store.
   */
  search(search: MessageSearch): Promise<FoundMessages>;
}
