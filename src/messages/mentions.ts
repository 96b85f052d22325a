import type { ChatDraft } from "../chats/chat_draft.ts";
import { fieldError, quote } from "../core/errors.ts";
import type { Message } from "../model/message.ts";
import type { OutboxEvent } from "../model/outbox_entry.ts";

/**
 * Returns those of `mentions` who are members. Former members are left out: a client may not know
 * yet that they have left, and the message does not depend on it. Throws `invalid_request` for
 * anyone else, unless the edited message mentioned them `before`.
 */
export function presentMentions(
  draft: ChatDraft,
  mentions: readonly string[],
  before: readonly string[] = [],
): string[] {
  return mentions.filter((userId) => {
    if (draft.member(userId)) return true;
    if (draft.wasMember(userId) || before.includes(userId)) return false;
    const message = `Cannot mention ${quote(userId)}: not a member of this chat`;
    throw fieldError("invalid_request", "mentions", message);
  });
}

/**
 * Returns events for the people whom an edit mentions newly, and for those whose mention it
 * removes.
 */
export function mentionChanges(before: Message, after: Message): OutboxEvent[] {
  if (after.deletedAt !== null) return [];
  const { id: messageId, senderId: actorId } = after;
  const added = after.mentions.filter((userId) => !before.mentions.includes(userId));
  const dropped = before.mentions.filter((userId) => !after.mentions.includes(userId));
  return [
    ...added.length > 0 ? [{ type: "mention", messageId, actorId, userIds: added } as const] : [],
    ...dropped.length > 0 ? [{ type: "unmentioned", messageId, userIds: dropped } as const] : [],
  ];
}

export function checkMentionCount(mentions: readonly string[] = [], max: number): void {
  if (mentions.length <= max) return;
  const message = `Cannot mention ${mentions.length} people: at most ${max} are allowed`;
  throw fieldError("invalid_request", "mentions", message);
}
