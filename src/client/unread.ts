import type { LocalChat, LocalMessage } from "./local_chat.ts";

export interface UnreadCount {
  unread: number;
  mentions: number;
  /**
   * False if only the server knows the count: the user has read a part of messages that are not
   * loaded.
   */
  isExact: boolean;
}

/**
 * Counts unread messages by the server's rule: messages of others after the read cursor that are
 * not deleted, not empty (like system messages), and not by users whom the caller blocks. Loaded
 * messages are counted one by one; for earlier ones the server's count holds until the read cursor
 * moves.
 */
export function unreadOf(
  local: LocalChat,
  userId: string,
  isBlocked: (userId: string) => boolean,
): UnreadCount {
  const readSeq = local.members.get(userId)?.readSeq ?? 0;
  const { counted } = local;
  const isAllHere = readSeq + 1 >= local.completeFrom || readSeq >= counted.upTo;
  const isCounted = !isAllHere && readSeq === counted.readSeq;
  const from = isAllHere ? readSeq : counted.upTo;
  const count = {
    unread: isAllHere ? 0 : counted.unread,
    mentions: isAllHere ? 0 : counted.mentions,
    isExact: isAllHere || isCounted,
  };
  for (const message of local.messages.values()) {
    if (message.seq <= from || !counts(message, userId) || isBlocked(message.senderId)) continue;
    count.unread++;
    if (message.mentions.includes(userId)) count.mentions++;
  }
  return count;
}

function counts(message: LocalMessage, userId: string): boolean {
  const { kind, senderId, deletedAt, text, media, encrypted } = message;
  const isEmptied = kind !== "encrypted" && media.length === 0 && text === "";
  return senderId !== userId && deletedAt === null && !isEmptied && encrypted?.isShown !== false;
}
