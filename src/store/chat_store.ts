import type { AuditEntry } from "../model/audit_entry.ts";
import type { Chat } from "../model/chat.ts";
import type { Membership } from "../model/membership.ts";
import type { Message } from "../model/message.ts";

/**
 * Everything that one group commit changes in a chat, applied whole or not at all.
 *
 * The head is the lock: a change set is made against a head (`expectedRev`) and applied only if the
 * chat is still there. Every change to a chat's rows takes a revision, so a head that has not moved
 * means that nothing which was read has changed, and rows can be written whole. That gives both
 * stores the same isolation without a lock held across a round trip.
 */
export interface ChatChange {
  /** The head that the change was made against; 0 makes the chat. */
  expectedRev: number;
  /** The chat's row as it will be; `chat.rev` is the new head. */
  chat: Chat;
  inserted: Message[];
  /** Whole rows of messages that exist before this change set; each at most once. */
  updated: Message[];
  /**
   * Memberships to insert or update. On an existing row only `role`, `rev`, `joinedAt` and `leftAt`
   * are written: cursors and settings take no revision, so a newer value of theirs may be there.
   */
  members: Membership[];
  /** Who did it, for what is to be recorded: in the same transaction, so that none is lost. */
  audit?: AuditEntry[];
}

/** `stale`: the head had moved (or, for a new chat, it exists); nothing was written. */
export type CommitOutcome = "committed" | "stale";

export interface ChatStore {
  /**
   * Throws `DuplicateKey("clientId")` if an inserted message's `(chatId, senderId, clientId)` exists,
   * `DuplicateKey("directKey")` if a new direct chat's pair has one; either way nothing was written.
   */
  commit(change: ChatChange): Promise<CommitOutcome>;
  byId(id: string): Promise<Chat | null>;
  /** Those that exist, once each, in no particular order. */
  byIds(ids: string[]): Promise<Chat[]>;
  byDirectKey(key: string): Promise<Chat | null>;
  /**
   * Chats in which the user is a member now, by `lastActivityAt` and then id, newest first; with
   * `before`, only those that sort after that place.
   */
  inbox(userId: string, limit: number, before: InboxPlace | null): Promise<InboxRow[]>;
}

export interface InboxPlace {
  lastActivityAt: number;
  chatId: string;
}

export interface InboxRow {
  chat: Chat;
  membership: Membership;
}
