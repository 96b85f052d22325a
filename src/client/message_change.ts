import type { LocalMessage } from "./local_chat.ts";
import type { MessageChange } from "./pending_change.ts";

/** Content of a message that was deleted; its place, sender and times are left. */
const DELETED = { text: "", media: [], mentions: [], reactions: [], replyTo: null, pinnedAt: null };

/** Returns the message as it is once the server has the change. */
export function changedBy(
  message: LocalMessage,
  change: MessageChange & { at: string },
  userId: string,
): LocalMessage {
  switch (change.kind) {
    case "edit":
      return {
        ...message,
        text: change.text,
        mentions: change.mentions ?? message.mentions,
        editedAt: change.at,
      };
    case "delete":
      return { ...message, ...DELETED, deletedAt: change.at };
    case "pin":
      return { ...message, pinnedAt: change.remove ? null : message.pinnedAt ?? change.at };
    case "reaction":
      return { ...message, reactions: withOwnReaction(message.reactions, change, userId) };
  }
}

type Reactions = LocalMessage["reactions"];

function withOwnReaction(
  reactions: Reactions,
  { emoji, remove }: { emoji: string; remove: boolean },
  userId: string,
): Reactions {
  const known = reactions.find((each) => each.emoji === emoji);
  const others = known?.userIds.filter((id) => id !== userId) ?? [];
  const wasMine = known?.mine ?? known?.userIds.includes(userId) ?? false;
  if (wasMine !== remove) return reactions;
  const changed = {
    emoji,
    count: (known?.count ?? 0) + (remove ? -1 : 1),
    userIds: remove ? others : [...others, userId],
    mine: !remove,
  };
  if (!known) return [...reactions, changed];
  return reactions.map((each) => each === known ? changed : each).filter(({ count }) => count > 0);
}
