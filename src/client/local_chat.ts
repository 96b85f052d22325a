import type { ChatView } from "../api/views/chat.ts";
import type { MemberView, ReceiptCountView, ReceiptView } from "../api/views/member.ts";
import type { MessageView } from "../api/views/message.ts";
import type { MlsClientErrorCode } from "./mls/mls_client_error.ts";
import type { FileDescriptor } from "./mls/message_content.ts";
import type { Output } from "./rest.ts";

/**
 * A message as this device shows it. Rows are immutable: a change makes a new one. One that is on its way
 * has `seq` 0 and its `clientId` as `id`; the `clientId` stays, and so is the key for a list on a screen.
 */
export interface LocalMessage extends MessageView {
  /** `failed`: the server refused it, for the reason in `failure`; see `ChatClient.resend`. */
  status: "sending" | "sent" | "failed";
  failure?: string;
  /** Of an encrypted message, once it was read; then `text`, `reactions` and so on hold what it says. */
  encrypted?: {
    state: "read" | "waiting" | MlsClientErrorCode | "unsupported";
    files: FileDescriptor[];
    /** Edits, reactions and deletions are messages, too: they are not to be shown. */
    isShown: boolean;
  };
}

/** Whether a person is there, as far as they show it. */
export type Presence = Output<"presence.get">["items"][number];

/** As the server counted it, of the messages up to `upTo` and for the read cursor `readSeq`. */
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
  /** Sent ones by id; `messagesOf` has them in order. An old one that was touched comes without its neighbors. */
  messages: Map<string, LocalMessage>;
  /** All messages from this seq on are here; 0 when there are no earlier ones. */
  completeFrom: number;
  /** How many have read the newest message, where the chat has too many members to say who. */
  receiptCount?: Omit<ReceiptCountView, "chatId">;
  /** All revisions up to this one are here. */
  cursor: number;
  /** New messages that came by an answer or with the history, before their row: not announced yet. */
  untold: Set<string>;
  /** New messages that are still encrypted: announced once they have been read. */
  sealed: Set<string>;
  /** The other person of a direct chat. */
  peerId: string | null;
  muted: boolean;
  counted: CountedUnread;
}

/** The facts of an inbox item that no revision carries. */
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

/** A message of somebody else's that the server has counted as unread, and that was deleted since. */
export function uncount({ counted }: LocalChat, { seq, rev, deletedAt }: MessageView): void {
  const isCounted = seq > counted.readSeq && seq <= counted.upTo && rev > counted.upTo;
  if (deletedAt !== null && isCounted) counted.unread = Math.max(0, counted.unread - 1);
}

/** Receipts take no revision, and only move forward: an answer may be older than an event. */
export function furthest(known: MemberView, member: MemberView): MemberView {
  return {
    ...member,
    readSeq: Math.max(known.readSeq, member.readSeq),
    deliveredSeq: Math.max(known.deliveredSeq, member.deliveredSeq),
  };
}

/** What was read of an encrypted message is not in the server's row, and outlives its changes. */
export function overlay(message: MessageView, known?: LocalMessage): MessageView {
  if (!known?.encrypted || message.deletedAt !== null) return message;
  const { encrypted, text, reactions, replyTo, mentions, editedAt } = known;
  return { ...message, encrypted, text, reactions, replyTo, mentions, editedAt } as LocalMessage;
}

/**
 * Whether a message is seen here for the first time, and is not of the history before. Its `seq` may be behind
 * the cursor: a message that is changed between two pages of a catch-up comes with the later one.
 */
export function isNew(local: LocalChat, { id, seq }: MessageView): boolean {
  return seq >= local.completeFrom && !local.messages.has(id);
}
