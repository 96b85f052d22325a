import type { Chat } from "../model/chat.ts";
import type { Membership } from "../model/membership.ts";
import type { Message } from "../model/message.ts";
import type { MemberRead, MembershipChange } from "../store/chat_store.ts";

/** Returns who joined and who left between the members before and the changed rows, or null. */
export function membershipChange(
  before: ReadonlyMap<string, Membership>,
  changed: ReadonlyMap<string, Membership>,
  maxChats: number,
): MembershipChange | null {
  const [joined, left]: [string[], string[]] = [[], []];
  for (const { userId, leftAt } of changed.values()) {
    const was = before.get(userId)?.leftAt === null;
    if (was !== (leftAt === null)) (was ? left : joined).push(userId);
  }
  if (joined.length + left.length === 0) return null;
  return { joined, left, maxChats };
}

/**
 * The last messages of a chat, as long as one person sent them all. That person's stored read
 * cursor is past everything that others have sent.
 */
export interface SenderRun {
  senderId: string;
  /** Messages that came after the cursor was stored. */
  length: number;
}

/**
 * Messages after which a sender's cursor is stored again: counting unread ones reads all after it.
 */
const LONGEST_RUN = 16;
/** In chats of more members, how many have read the newest message may be counted. */
const RUN_MEMBERS = 20;

/**
 * A sender has read everything before their own message: returns the last message of each sender
 * that was sent after `before`, the chat's head until then. The first message of a chat reads
 * nothing, nor do those that only continue a run.
 */
export function readsOf(
  before: Chat,
  messages: readonly Message[],
  run: SenderRun | null = null,
): MemberRead[] {
  const { lastSeq, rev, memberCount } = before;
  if (lastSeq === 0) return [];
  const fresh = messages.filter(({ seq }) => seq > rev);
  const isShort = run !== null && run.length + fresh.length <= LONGEST_RUN;
  if (isShort && memberCount <= RUN_MEMBERS && fresh.every(isOf(run))) return [];
  const last = new Map<string, number>();
  for (const message of fresh) if (isPlain(message)) last.set(message.senderId, message.seq);
  return [...last].map(([userId, seq]) => ({ userId, seq, before: lastSeq }));
}

/** Returns the run that the chat ends with, once the messages and reads are stored. */
export function runAfter(
  before: Chat,
  messages: readonly Message[],
  reads: readonly MemberRead[],
  run: SenderRun | null,
): SenderRun | null {
  const fresh = messages.filter(({ seq }) => seq > before.rev);
  const last = fresh.at(-1);
  if (last === undefined) return run;
  if (reads.length === 0) {
    const continues = run !== null && fresh.every(isOf(run));
    return continues ? { ...run, length: run.length + fresh.length } : null;
  }
  const isRead = isPlain(last) && reads.some(({ userId }) => userId === last.senderId);
  return isRead ? { senderId: last.senderId, length: 0 } : null;
}

const isOf = (run: SenderRun) => (message: Message): boolean =>
  isPlain(message) && message.senderId === run.senderId;

function isPlain({ kind, shadow }: Message): boolean {
  return kind !== "system" && !shadow;
}
