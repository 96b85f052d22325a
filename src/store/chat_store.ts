import type { AuditEntry } from "../model/audit_entry.ts";
import type { Chat, ChatKind } from "../model/chat.ts";
import type { Handshake, StoredGroupInfo, StoredWelcome } from "../model/handshake.ts";
import type { Membership } from "../model/membership.ts";
import type { Message } from "../model/message.ts";
import type { OutboxEntry } from "../model/outbox_entry.ts";
import type { CreationPage } from "./creation_order.ts";
import type { WebhookDelivery } from "../model/webhook.ts";

/**
 * Everything that one group commit changes in a chat, applied as a whole or not at all.
 *
 * The head is the lock: a change set is built against a head (`expectedRev`) and applied only if
 * the chat's head is still that. Every change to a chat's rows takes a revision, so a head that has
 * not moved means that nothing that was read has changed, and rows can be written whole. That gives
 * both stores the same isolation without a lock held across a round trip.
 */
export interface ChatChange {
  /** The head that the change was built against; 0 creates the chat. */
  expectedRev: number;
  /** The chat's new row; `chat.rev` is the new head. */
  chat: Chat;
  /** The chat's row at `expectedRev`: a store may write only the fields that differ from it. */
  before?: Chat;
  inserted: Message[];
  /** Whole rows of messages that existed before this change set; each at most once. */
  updated: Message[];
  /**
   * Memberships to insert or update. On an existing row cursors only move forward and settings are
   * left alone: they take no revision, so a newer value of theirs may be there. Only where a former
   * member comes back are their settings (`notify`, `mutedUntil`) written too.
   */
  members: Membership[];
  /** Changes to the number of chats of each person; left out when no one joins or leaves. */
  membership?: MembershipChange;
  /** Senders have read up to their own last message: their cursors move forward to it. */
  reads?: MemberRead[];
  /**
   * Audit records of who made the change: written in the same transaction, so that none is lost.
   */
  audit?: AuditEntry[];
  /** Rows that Commits of the chat's MLS group bring with them. */
  mls?: MlsChange;
  /**
   * Change in the number of rows that refer to each upload; never 0. An upload that gains
   * references must be `ready`, and is no longer due for a check; one that loses references is due
   * for a check at `chat.updatedAt`.
   */
  mediaUses?: MediaUse[];
  /**
   * Events to deliver after the commit: written in the same transaction, so that a crash loses
   * none.
   */
  outbox?: OutboxEntry;
  /** Events for webhook endpoints, written in the same transaction. */
  webhooks?: WebhookDelivery[];
}

export interface MembershipChange {
  /** People who become members: each may then be a member of at most `maxChats` chats. */
  joined: string[];
  left: string[];
  maxChats: number;
}

export interface MlsChange {
  commits: Handshake[];
  /** Replaces the previous one; Welcomes to groups of earlier generations are deleted. */
  groupInfo: StoredGroupInfo;
  /** Welcomes with the same `rev` share one message, which is stored once. */
  welcomes: StoredWelcome[];
}

export interface MemberRead {
  userId: string;
  seq: number;
  /**
   * The chat's `lastSeq` before the change: nothing is written for members who had read up to it.
   */
  before: number;
}

export interface MediaUse {
  mediaId: string;
  by: number;
}

/** `stale`: the head had moved (or a new chat exists already); nothing was written. */
export type CommitOutcome = "committed" | "stale";

/** Fields by which chats are compared and sorted: cheap to read of many. */
export type ChatHead = Pick<Chat, "id" | "rev" | "lastActivityAt" | "memberCount">;

export interface ChatStore {
  /**
   * Throws `DuplicateKey("clientId")` if an inserted message's `(chatId, senderId, clientId)`
   * exists, `DuplicateKey("directKey")` if the pair of a new direct chat has one,
   * `DuplicateKey("externalId")` if another chat has this one's, `MediaGone` if an upload of
   * `mediaUses` that gains references is not `ready`, `TooManyChats` naming those of
   * `membership.joined` who would be in too many chats; in each case nothing was written.
   */
  commit(change: ChatChange): Promise<CommitOutcome>;
  byId(id: string): Promise<Chat | null>;
  /** Chats that exist, once each, in no particular order. */
  byIds(ids: string[]): Promise<Chat[]>;
  /** As `byIds`; a store may return more fields than these. */
  heads(ids: string[]): Promise<ChatHead[]>;
  byDirectKey(key: string): Promise<Chat | null>;
  byExternalId(externalId: string): Promise<Chat | null>;
  /** Groups with this upload as their picture, in no particular order. */
  withAvatar(mediaId: string): Promise<Chat[]>;
  /** Chats by `createdAt` and then id, newest first. */
  newest(query: NewestChats): Promise<Chat[]>;
  /** Chats in which the user is a member now, by `lastActivityAt` and then id, newest first. */
  inbox(query: InboxQuery): Promise<InboxRow[]>;
}

export interface NewestChats extends CreationPage {
  /** Only frozen chats. */
  frozen: boolean;
}

export interface InboxQuery {
  userId: string;
  /** Only chats of this kind; null for all. */
  kind: ChatKind | null;
  /** Only chats with all of these entries (`customEntry`). */
  custom?: readonly string[];
  /** Only chats that sort after this position. */
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
