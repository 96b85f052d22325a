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
 * A sender has read everything before their own message: returns the last message of each sender
 * that was sent after `before`, the chat's head until then. The first message of a chat reads
 * nothing.
 */
export function readsOf(before: Chat, messages: readonly Message[]): MemberRead[] {
  const { lastSeq, rev } = before;
  if (lastSeq === 0) return [];
  const last = new Map<string, number>();
  for (const { senderId, seq, kind, shadow } of messages) {
    if (seq > rev && kind !== "system" && !shadow) last.set(senderId, seq);
  }
  return [...last].map(([userId, seq]) => ({ userId, seq, before: lastSeq }));
}
