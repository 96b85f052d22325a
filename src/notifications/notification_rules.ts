import { newId } from "../core/ids.ts";
import type { Membership } from "../model/membership.ts";
import type { Message } from "../model/message.ts";
import type { Notification, NotificationKind } from "../model/notification.ts";
import type { OutboxEntry, OutboxEvent } from "../model/outbox_entry.ts";

/** One person to be told of one thing that concerns them in particular. */
export interface NotificationIntent {
  kind: NotificationKind;
  userId: string;
  actorId: string;
  messageId: string | null;
  data: Record<string, string>;
  /** Unique for the person; see `Notification`. */
  key: string;
}

/** The messages that occurrences speak of, and those that they answer, as they are now. */
export type Messages = ReadonlyMap<string, Message>;

/** Whom an occurrence concerns in particular: those named, answered, reacted to, added, promoted. */
export function intentsOf(occurrence: OutboxEvent, messages: Messages): NotificationIntent[] {
  switch (occurrence.type) {
    case "message":
      return ofMessage(occurrence, messages);
    case "mention": {
      const { messageId, actorId, userIds } = occurrence;
      // A later edit may have taken them away again, and a deletion the message.
      const { mentions = [] } = messages.get(messageId) ?? {};
      const about = { actorId, messageId, data: {}, key: `message:${messageId}` };
      return userIds
        .filter((userId) => mentions.includes(userId) && userId !== actorId)
        .map((userId): NotificationIntent => ({ kind: "mention", userId, ...about }));
    }
    case "reaction": {
      const { messageId, actorId, emoji } = occurrence;
      const message = messages.get(messageId);
      const stays = message?.reactions.some((one) =>
        one.emoji === emoji && one.userIds.includes(actorId)
      );
      if (!message || !stays) return [];
      const key = `reaction:${messageId}:${actorId}:${emoji}`;
      const { senderId: userId } = message;
      return [{ kind: "reaction", userId, actorId, messageId, data: { emoji }, key }];
    }
    case "added": {
      const { userId, actorId } = occurrence;
      return [{ kind: "added_to_group", userId, actorId, messageId: null, data: {}, key: "" }];
    }
    case "role": {
      const { userId, actorId, role } = occurrence;
      return [{ kind: "role_changed", userId, actorId, messageId: null, data: { role }, key: "" }];
    }
    default:
      return [];
  }
}

/** Whoever is named and answered is told of being named. */
function ofMessage(
  { messageId, senderId: actorId, mentions, replyTo }: OutboxEvent & { type: "message" },
  messages: Messages,
): NotificationIntent[] {
  if (mentions.length === 0 && replyTo === null) return [];
  if (messages.get(messageId)?.deletedAt !== null) return [];
  const about = { actorId, messageId, data: {}, key: `message:${messageId}` };
  const told = mentions.map((userId): NotificationIntent => ({
    kind: "mention",
    userId,
    ...about,
  }));
  const answered = replyTo === null ? undefined : messages.get(replyTo)?.senderId;
  if (answered !== undefined && !mentions.includes(answered)) {
    told.push({ kind: "reply", userId: answered, ...about });
  }
  return told.filter(({ userId }) => userId !== actorId);
}

/** Whether the person wants to hear from this chat at all, but for what happens to themselves in it. */
export function isUnmuted({ notify, mutedUntil }: Membership, now: number): boolean {
  return notify !== "none" && (mutedUntil === null || mutedUntil <= now);
}

/** What happens to oneself in a chat is told even where one does not want to hear from it. */
export function bypassesMute(kind: NotificationKind): boolean {
  return kind === "added_to_group" || kind === "role_changed";
}

/** The entry's id tells one adding or promotion from the next. */
export function notificationOf(
  telling: NotificationIntent,
  chatId: string,
  { id: entryId, createdAt }: OutboxEntry,
  readAt: number | null,
): Notification {
  const { kind, userId, actorId, messageId, data } = telling;
  const key = telling.key || `${kind}:${chatId}:${entryId}:${userId}`;
  return {
    id: newId(),
    userId,
    key,
    kind,
    chatId,
    messageId,
    actorId,
    data,
    createdAt,
    readAt,
  };
}
