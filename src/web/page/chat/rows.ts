import type { LocalMessage } from "../../../client/mod.ts";
import type { ChatState, Progress } from "../state/chat.ts";
import { dayOf } from "../texts/format.ts";

/** Messages of one person within this time stand together under one name. */
const TOGETHER_MS = 5 * 60_000;

/**
 * Everything that one row depends on. All of it is compared, so that only changed rows are drawn.
 */
export interface Row {
  key: string;
  message: LocalMessage;
  /** Shown above the message if it is the first of its day. */
  day: string | null;
  isTogether: boolean;
  isFirstUnread: boolean;
  isMine: boolean;
  progress: Progress | null;
  /** The message that this one replies to; `undefined` if it is not here. */
  original: LocalMessage | undefined;
}

/** Rows of the messages from `start` to before `end`. */
export function rowsOf(
  chat: ChatState,
  messages: readonly LocalMessage[],
  { start, end, firstUnread }: { start: number; end: number; firstUnread: string | null },
): Row[] {
  const rows: Row[] = [];
  for (let at = start; at < end; at++) {
    const message = messages[at];
    const previous = messages[at - 1];
    const isMine = message.senderId === chat.myId;
    const day = dayOf(message.createdAt);
    const isNewDay = !previous || dayOf(previous.createdAt) !== day;
    const isFirstUnread = message.id === firstUnread;
    rows.push({
      key: message.clientId && isMine ? message.clientId : message.id,
      message,
      day: isNewDay ? day : null,
      isTogether: !isNewDay && !isFirstUnread && isFollowing(message, previous),
      isFirstUnread,
      isMine,
      progress: isMine && message.deletedAt === null ? chat.progressOf(message) : null,
      original: message.replyTo === null ? undefined : chat.messageById(message.replyTo),
    });
  }
  return rows;
}

function isFollowing(message: LocalMessage, previous: LocalMessage): boolean {
  return previous.senderId === message.senderId &&
    Date.parse(message.createdAt) - Date.parse(previous.createdAt) < TOGETHER_MS;
}
