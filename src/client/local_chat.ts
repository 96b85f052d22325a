import type { ChatView } from "../api/views/chat.ts";
import type { MemberView, ReceiptCountView, ReceiptView } from "../api/views/member.ts";
import type { MessageView } from "../api/views/message.ts";
import type { MlsClientErrorCode } from "./mls/mls_client_error.ts";
import type { FileDescriptor } from "./mls/message_content.ts";
import type { PendingChange } from "./pending_change.ts";
import type { Output } from "./rest.ts";

/**
 * A message as this device shows it. Rows are immutable: a change creates a new one. An unsent one
 * has `seq` 0 and its `clientId` as `id`; the `clientId` never changes, so it is the key for a list
 * on a screen.
 */
export interface LocalMessage extends MessageView {
  /** `failed`: the server refused it, for the reason in `failure`; see `ChatClient.resend`. */
  status: "sending" | "sent" | "failed";
  failure?: string;
  /** Changes of the message that the server does not have yet, or has refused. */
  changes?: readonly PendingChange[];
  /** In an entry of `failed`: the change that was refused, if it is not the message itself. */
  change?: PendingChange;
  /**
   * Content of an encrypted message, once it was decrypted; then `text`, `reactions` and so on hold its
   * content.
   */
  encrypted?: {
    state: "read" | "waiting" | MlsClientErrorCode | "unsupported";
    files: FileDescriptor[];
    /** False for edits, reactions and deletions, which are messages too but not to be shown. */
    isShown: boolean;
  };
}

/** Presence of a user, as far as they show it. */
export type Presence = Output<"presence.get">["items"][number];

/** The server's count, of the messages up to `upTo` and for the read cursor `readSeq`. */
export interface CountedUnread {
  unread: number;
  mentions: number;
  readSeq: number;
  upTo: number;
}

/** The state of one chat on this device. Its rows are replaced, never changed. */
export interface LocalChat {
  chat: ChatView;
  members: Map<string, MemberView>;
  /**
   * Sent messages by id; `messagesOf` has them in order. An old one that has changed comes without
   * its neighbors.
   */
  messages: Map<string, LocalMessage>;
  /** All messages from this seq on are loaded; 0 if there are no earlier ones. */
  completeFrom: number;
  /**
   * Number of members who have read the newest message, if the chat has too many members to list
   * them.
   */
  receiptCount?: Omit<ReceiptCountView, "chatId">;
  /** All revisions up to this one are loaded. */
  cursor: number;
  /**
   * New messages that came with a response or the history before their row, and were not announced
   * yet.
   */
  untold: Set<string>;
  /** New messages that are still encrypted: announced once they have been decrypted. */
  sealed: Set<string>;
  /** The other user of a direct chat. */
  peerId: string | null;
  muted: boolean;
  counted: CountedUnread;
}

/** Facts of an inbox item that have no revision. */
export interface InboxFacts {
  chat: ChatView;
  me: MemberView;
  unread: number;
  mentions: number;
  muted: boolean;
  peerId: string | null;
}

export function moveCursors(
  local: LocalChat,
  { userId, readSeq, deliveredSeq }: Omit<ReceiptView, "chatId">,
): void {
  const member = local.members.get(userId);
  if (!member || (member.readSeq >= readSeq && member.deliveredSeq >= deliveredSeq)) return;
  local.members.set(userId, furthest({ ...member, readSeq, deliveredSeq }, member));
}

/**
 * Adjusts the count for another user's message that the server had counted as unread and that was
 * deleted since.
 */
export function uncount({ counted }: LocalChat, { seq, rev, deletedAt }: MessageView): void {
  const isCounted = seq > counted.readSeq && seq <= counted.upTo && rev > counted.upTo;
  if (deletedAt !== null && isCounted) counted.unread = Math.max(0, counted.unread - 1);
}

/** Receipts have no revision, and only move forward: a response may be older than an event. */
export function furthest(known: MemberView, member: MemberView): MemberView {
  return {
    ...member,
    readSeq: Math.max(known.readSeq, member.readSeq),
    deliveredSeq: Math.max(known.deliveredSeq, member.deliveredSeq),
  };
}

/**
 * The decrypted content of an encrypted message is not in the server's row, and is kept when the
 * row changes.
 */
export function overlay(message: MessageView, known?: LocalMessage): MessageView {
  if (!known?.encrypted || message.deletedAt !== null) return message;
  const { encrypted, text, reactions, replyTo, mentions, editedAt } = known;
  return { ...message, encrypted, text, reactions, replyTo, mentions, editedAt } as LocalMessage;
}

/**
 * True if a message is new to this device, and not part of the earlier history. Its `seq` may be
 * behind the cursor: a message that changes between two pages of a catch-up comes with the later
 * one.
 */
export function isNew(local: LocalChat, { id, seq }: MessageView): boolean {
  return seq >= local.completeFrom && !local.messages.has(id);
}
