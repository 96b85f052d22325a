import { newId } from "../core/ids.ts";
import type { MemberRole } from "./membership.ts";

/**
 * A change in a chat that absent members may have to be notified of. Ids only: rows are read when
 * it is sent.
 */
export type OutboxEvent =
  | {
    type: "message";
    messageId: string;
    seq: number;
    senderId: string;
    /** Ids of the mentioned people; empty in an encrypted chat. */
    mentions: string[];
    /** The message that is replied to; null in an encrypted chat. */
    replyTo: string | null;
  }
  /** An edit has added these mentions. */
  | { type: "mention"; messageId: string; actorId: string; userIds: string[] }
  | { type: "reaction"; messageId: string; actorId: string; emoji: string }
  | { type: "added"; userId: string; actorId: string }
  | { type: "role"; userId: string; actorId: string; role: MemberRole; rev: number }
  /**
   * Shown notifications of these are withdrawn: a deleted message, a removed reaction, a group
   * left.
   */
  | { type: "deleted"; messageId: string }
  | { type: "unreacted"; messageId: string; actorId: string; emoji: string }
  | { type: "left"; userId: string }
  | { type: "unmentioned"; messageId: string; userIds: string[] }
  /** Outside a chat: a shown push is withdrawn, unless another has replaced it. */
  | { type: "withdrawn"; userId: string; deviceId: string; tag: string; shownAt: number }
  /** Outside a chat: pushes an existing notification. */
  | { type: "notification"; notificationId: string; userId: string };

/**
 * Pending notifications: written in the transaction of their cause, removed when everyone has been
 * notified. One row a commit, however large the chat and however many messages.
 */
export interface OutboxEntry {
  id: string;
  chatId: string | null;
  occurrences: OutboxEvent[];
  /** Null: for all devices of all recipients. Otherwise a retry, for these devices only. */
  deviceIds: string[] | null;
  /** Tries so far. */
  attempts: number;
  createdAt: number;
  /** When it is due. The instance that has claimed it keeps moving this forward: its lease. */
  dueAt: number;
}

/**
 * Initial claim in milliseconds: for this long only the instance that wrote the entry may deliver
 * it. Far above the usual delivery time.
 */
const INITIAL_CLAIM_MS = 10_000;

/** Returns an entry for all devices of all recipients; `chatId` is null outside a chat. */
export function newOutboxEntry(
  chatId: string | null,
  occurrences: OutboxEvent[],
  now: number,
): OutboxEntry {
  const dueAt = now + INITIAL_CLAIM_MS;
  return { id: newId(), chatId, occurrences, deviceIds: null, attempts: 0, createdAt: now, dueAt };
}
