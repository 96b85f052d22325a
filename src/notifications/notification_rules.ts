import { newId } from "../core/ids.ts";
import type { Membership } from "../model/membership.ts";
import type { Message } from "../model/message.ts";
import type { Notification, NotificationKind } from "../model/notification.ts";
import type { OutboxEntry, OutboxEvent } from "../model/outbox_entry.ts";

/** One user to be notified of one event that concerns them in particular. */
export interface NotificationIntent {
  kind: NotificationKind;
  userId: string;
  actorId: string;
  messageId: string | null;
  data: Record<string, string>;
  /** Unique per user; see `Notification`. */
  key: string;
}

/** The messages that the events refer to, and those they reply to, in their current state. */
export type Messages = ReadonlyMap<string, Message>;

/**
 * Returns an intent for each user that the event concerns in particular: users who are mentioned,
 * replied to, reacted to, added to the group, or given a role.
 */
export function intentsOf(event: OutboxEvent, messages: Messages): NotificationIntent[] {
  switch (event.type) {
    case "message":
      return ofMessage(event, messages);
    case "mention": {
      const { messageId, actorId, userIds } = event;
      // A later edit may have removed the mentions, and a deletion the message.
      const { mentions = [] } = messages.get(messageId) ?? {};
      const shared = { actorId, messageId, data: {}, key: `message:${messageId}` };
      return userIds
        .filter((userId) => mentions.includes(userId) && userId !== actorId)
        .map((userId): NotificationIntent => ({ kind: "mention", userId, ...shared }));
    }
    case "reaction": {
      const { messageId, actorId, emoji } = event;
      const message = messages.get(messageId);
      const stays = message?.reactions.some((one) =>
        one.emoji === emoji && one.userIds.includes(actorId)
      );
      if (!message || !stays || message.kind === "system") return [];
      const key = `reaction:${messageId}:${actorId}:${emoji}`;
      const { senderId: userId } = message;
      return [{ kind: "reaction", userId, actorId, messageId, data: { emoji }, key }];
    }
    case "added": {
      const { userId, actorId } = event;
      return [{ kind: "added_to_group", userId, actorId, messageId: null, data: {}, key: "" }];
    }
    case "role": {
      const { userId, actorId, role } = event;
      return [{ kind: "role_changed", userId, actorId, messageId: null, data: { role }, key: "" }];
    }
    default:
      return [];
  }
}

/** A user who is both mentioned and replied to gets the mention. */
function ofMessage(
  { messageId, senderId: actorId, mentions, replyTo }: OutboxEvent & { type: "message" },
  messages: Messages,
): NotificationIntent[] {
  if (mentions.length === 0 && replyTo === null) return [];
  if (messages.get(messageId)?.deletedAt !== null) return [];
  const shared = { actorId, messageId, data: {}, key: `message:${messageId}` };
  const intents = mentions.map((userId): NotificationIntent => ({
    kind: "mention",
    userId,
    ...shared,
  }));
  const repliedTo = messages.get(replyTo ?? "");
  // A system message has a sender only for its place in the table.
  if (repliedTo && repliedTo.kind !== "system" && !mentions.includes(repliedTo.senderId)) {
    intents.push({ kind: "reply", userId: repliedTo.senderId, ...shared });
  }
  return intents.filter(({ userId }) => userId !== actorId);
}

/**
 * True if the member wants notifications of this chat in general. Events that bypass the mute are
 * separate.
 */
export function isUnmuted({ notify, mutedUntil }: Membership, now: number): boolean {
  return notify !== "none" && (mutedUntil === null || mutedUntil <= now);
}

/** Events that concern the member's own place in the chat are delivered even from a muted chat. */
export function bypassesMute(kind: NotificationKind): boolean {
  return kind === "added_to_group" || kind === "role_changed";
}

/** The entry's id distinguishes one addition or promotion from the next. */
export function notificationOf(
  intent: NotificationIntent,
  chatId: string,
  { id: entryId, createdAt }: OutboxEntry,
  readAt: number | null,
): Notification {
  const { kind, userId, actorId, messageId, data } = intent;
  const key = intent.key || `${kind}:${chatId}:${entryId}:${userId}`;
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
