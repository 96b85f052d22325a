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
  /** As the person typed it: all of its words must occur, the last one may be unfinished. */
  query: string;
  /** The end of an earlier page: its `next`, or the id of the last message that was returned. */
  before: string | null;
  limit: number;
}

export interface FoundMessages {
  messages: Message[];
  /**
   * Null if there is nothing more. A search has a time limit: once it is reached, the page has
   * fewer messages than requested, or none, and `next` is where to continue.
   */
  next: string | null;
}

export interface UnreadQuery {
  chatId: string;
  userId: string;
  /** Messages after it count. */
  readSeq: number;
  /** `Chat.lastSeq`: no message is newer, or it does not count yet. */
  lastSeq: number;
  /** People whose messages do not count. */
  exceptSenderIds: readonly string[];
}

export interface UnreadCount {
  unread: number;
  /** Number of the unread messages that mention the person. */
  mentions: number;
}

/** Revisions of one chat, with `after < rev <= maxRev`. */
export interface RevisionRange {
  chatId: string;
  after: number;
  maxRev: number;
}

export interface MessageScan {
  /** Only messages with a lower id; null for all. */
  before: string | null;
  /** Only messages of this person; null for all. */
  senderId: string | null;
  /** Number of messages to look at, from any sender. */
  rows: number;
}

export interface MessageStore {
  /** Includes tombstones; null when missing. */
  byId(id: string): Promise<Message | null>;
  /** Messages that exist, once each, in no particular order. */
  byIds(ids: string[]): Promise<Message[]>;
  /** The messages of this chat that these sends have created, in no particular order. */
  bySendKeys(chatId: string, keys: SendKey[]): Promise<Message[]>;
  /** Includes tombstones, which keep their place. */
  page(page: HistoryPage): Promise<Message[]>;
  /**
   * The person's messages in this chat, including tombstones, with `seq > after`, oldest first. It
   * scans the chat, and is meant for an export or an erasure, not for frequent use.
   */
  ofSender(query: SenderPage): Promise<Message[]>;
  /** Rows with `after < rev <= maxRev`, in order of `rev`, at most `limit`. */
  changed(chatId: string, after: number, maxRev: number, limit: number): Promise<Message[]>;
  /**
   * Rows in any of the ranges, which are of different chats; at most `limit`, in no particular
   * order.
   */
  changedIn(ranges: RevisionRange[], limit: number): Promise<Message[]>;
  /** Messages of any chat that refer to this upload, at most `limit`, in no particular order. */
  carrying(mediaId: string, limit: number): Promise<Message[]>;
  /** The chats with messages that refer to this upload, once each, in no particular order. */
  chatsCarrying(mediaId: string): Promise<string[]>;
  /**
   * Returns for each query, in its order, how many messages of others after `readSeq` have content,
   * i.e. are not deleted, have not lost all
   * their files, and are neither system messages nor shadowed. Both numbers are at most `cap`. Only
   * the newest messages of a chat are read, twice the cap or a little more: older ones are not
   * counted.
   */
  unread(queries: UnreadQuery[], cap: number): Promise<UnreadCount[]>;
  /**
   * Looks at messages of all chats, newest (highest id) first, and returns those of the sender,
   * including tombstones. `next` is the id of the last message that was looked at; null if it was
   * the last of all.
   */
  scan(scan: MessageScan): Promise<FoundMessages>;
  /**
   * The message at `Chat.lastSeq` of each chat that has one, including tombstones, in no particular
   * order.
   */
  newest(chatIds: string[]): Promise<Message[]>;
  /** Most recently pinned first; within one millisecond, the highest `seq` first. */
  pinned(chatId: string, limit: number): Promise<Message[]>;
  /**
   * Excludes deleted and encrypted messages; newest (highest id) first. A query without words finds
   * nothing. Throws `invalid_request` if `before` is neither an id nor a `next` of this store.
   */
  search(search: MessageSearch): Promise<FoundMessages>;
  /**
   * Resolves once searches need not wait for the index of what was stored before the call: after
   * very many writes, since a search waits only a moment.
   */
  indexed(): Promise<void>;
}
