import type { AuditEntry } from "../model/audit_entry.ts";
import type { Chat, ChatKind } from "../model/chat.ts";
import type { Handshake, StoredGroupInfo, StoredWelcome } from "../model/handshake.ts";
import type { Membership } from "../model/membership.ts";
import type { Message } from "../model/message.ts";
import type { OutboxEntry } from "../model/outbox_entry.ts";

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
  /**
   * Memberships to insert or update. On an existing row cursors only move forward and settings are left
   * alone: they take no revision, so a newer value of theirs may be there. Only where a former member
   * comes back are their settings (`notify`, `mutedUntil`) written too.
   */
  members: Membership[];
  /** Whose number of chats changes by it; left out where nobody joins or leaves. */
  membership?: MembershipChange;
  /** Senders have read up to their own last message: their cursors move forward to it. */
  reads?: MemberRead[];
  /** Who did it, for what is to be recorded: in the same transaction, so that none is lost. */
  audit?: AuditEntry[];
  /** What Commits of the chat's MLS group bring with them. */
  mls?: MlsChange;
  /**
   * By how much each upload is carried by more or by fewer rows than before; never by 0. What gains
   * must be `ready`, and is no longer to be checked; what loses is to be checked at `chat.updatedAt`.
   */
  mediaUses?: MediaUse[];
  /** Who has to hear of it, once it is true: in the same transaction, so that a crash forgets nobody. */
  outbox?: OutboxEntry;
}

export interface MembershipChange {
  /** Those who become members: each may then be a member of at most `maxChats` chats. */
  joined: string[];
  left: string[];
  maxChats: number;
}

export interface MlsChange {
  commits: Handshake[];
  /** Takes the place of the one before; Welcomes to groups of earlier generations go. */
  groupInfo: StoredGroupInfo;
  /** Those of one `rev` have one message, which is kept once. */
  welcomes: StoredWelcome[];
}

export interface MemberRead {
  userId: string;
  seq: number;
  /** The chat's `lastSeq` before the change: nothing is written for members who had read up to it. */
  before: number;
}

export interface MediaUse {
  mediaId: string;
  by: number;
}

/** `stale`: the head had moved (or, for a new chat, it exists); nothing was written. */
export type CommitOutcome = "committed" | "stale";

export interface ChatStore {
  /**
   * Throws `DuplicateKey("clientId")` if an inserted message's `(chatId, senderId, clientId)` exists,
   * `DuplicateKey("directKey")` if a new direct chat's pair has one, `MediaGone` if an upload of
   * `mediaUses` that gains is not `ready`, `TooManyChats` naming those of `membership.joined` who would
   * be in too many chats; each time nothing was written.
   */
  commit(change: ChatChange): Promise<CommitOutcome>;
  byId(id: string): Promise<Chat | null>;
  /** Those that exist, once each, in no particular order. */
  byIds(ids: string[]): Promise<Chat[]>;
  byDirectKey(key: string): Promise<Chat | null>;
  /** The groups whose picture this upload is, in no particular order. */
  withAvatar(mediaId: string): Promise<Chat[]>;
  /** Chats in which the user is a member now, by `lastActivityAt` and then id, newest first. */
  inbox(query: InboxQuery): Promise<InboxRow[]>;
}

export interface InboxQuery {
  userId: string;
  /** Only chats of this kind; null for all. */
  kind: ChatKind | null;
  /** Only chats that sort after this place. */
  before: InboxPlace | null;
  limit: number;
}

export interface InboxPlace {
  lastActivityAt: number;
  chatId: string;
}

export interface InboxRow {
  chat: Chat;
  membership: Membership;
}
