import type { CustomData } from "./custom_data.ts";
import type { MediaAttachment } from "./media_attachment.ts";

export type MessageKind = "text" | "media" | "system" | "encrypted";

export interface Reaction {
  emoji: string;
  /** In the order in which they reacted. */
  userIds: string[];
}

/** A reaction was added or removed. */
export interface ReactionChange {
  emoji: string;
  userId: string;
  removed: boolean;
}

/**
 * Kinds of changes that the server reports as messages of kind `system`; an integrator's server
 * reports others by `custom`, with the type "custom".
 */
export const SYSTEM_TYPES = [
  "member.joined",
  "member.left",
  "member.removed",
  "chat.renamed",
  "chat.picture",
  "custom",
] as const;

export type SystemType = typeof SYSTEM_TYPES[number];

export interface SystemMetadata {
  type: SystemType;
  /** The people whom it is about. */
  userIds: string[];
  /** The user who did it; null for a server. */
  by: string | null;
  /** The new name, of "chat.renamed". */
  name?: string;
}

export interface Message {
  id: string;
  chatId: string;
  /** The revision that created the message: its place in the history, immutable. */
  seq: number;
  /** The last revision that touched it. */
  rev: number;
  senderId: string;
  /** The sender's id for the send: `(chatId, senderId, clientId)` is unique, and durable. */
  clientId: string;
  kind: MessageKind;
  text: string;
  /** Base64url of an MLSMessage for `encrypted`, else null. */
  ciphertext: string | null;
  media: MediaAttachment[];
  /** The id of a message of the same chat. */
  replyTo: string | null;
  mentions: string[];
  reactions: Reaction[];
  createdAt: number;
  editedAt: number | null;
  /**
   * A tombstone keeps its place, sender and times; text, media, mentions and reactions are gone.
   */
  deletedAt: number | null;
  pinnedAt: number | null;
  custom: CustomData | null;
  /** Facts that a message of kind `system` reports; null for every other kind. */
  metadata: SystemMetadata | null;
  /** Sent by a shadowed person: only they see it. Set when the message is sent, immutable. */
  shadow: boolean;
}

/** False if the message is shadowed and the user did not send it. */
export function isShownTo(
  userId: string,
  { shadow, senderId }: Pick<Message, "shadow" | "senderId">,
): boolean {
  return !shadow || senderId === userId;
}
