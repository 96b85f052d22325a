import type { MemberRole } from "./membership.ts";

/** Something in a chat that people who are away may have to hear of. Ids only: rows are read when it is sent. */
export type OutboxEvent =
  | {
    type: "message";
    messageId: string;
    seq: number;
    senderId: string;
    /** Those named, and the message answered, if any; both empty in an encrypted chat. */
    mentions: string[];
    replyTo: string | null;
  }
  /** An edit has added these mentions. */
  | { type: "mention"; messageId: string; actorId: string; userIds: string[] }
  | { type: "reaction"; messageId: string; actorId: string; emoji: string }
  | { type: "added"; userId: string; actorId: string }
  | { type: "role"; userId: string; actorId: string; role: MemberRole; rev: number }
  /** What was shown of these is taken back: a deleted message, a reaction taken back, a group left. */
  | { type: "deleted"; messageId: string }
  | { type: "unreacted"; messageId: string; actorId: string; emoji: string }
  | { type: "left"; userId: string }
  | { type: "unmentioned"; messageId: string; userIds: string[] }
  /** Not of a chat: a push that a device shows is to be taken back, unless another replaced it. */
  | { type: "withdrawn"; userId: string; deviceId: string; tag: string; shownAt: number }
  /** Not of a chat: a notification that exists is to be pushed. */
  | { type: "notification"; notificationId: string; userId: string };

/**
 * What is still to be told: written in the transaction that made it happen, removed when everyone has
 * been told. One row a commit, however large the chat and however many messages.
 */
export interface OutboxEntry {
  id: string;
  chatId: string | null;
  occurrences: OutboxEvent[];
  /** Null: to all devices of all whom it concerns. Otherwise a retry, for these devices only. */
  deviceIds: string[] | null;
  /** Tries so far. */
  attempts: number;
  createdAt: number;
  /** When whoever looks may take it; whoever has it in hand keeps moving this on. */
  dueAt: number;
}
