import type { MessageEventView, ReactionView } from "../api/views/message.ts";

/**
 * Returns the reactions of a message with `mine`. Events are the same for all recipients, so a
 * user's own reactions are those among the first few, those just announced, and those that were
 * there before.
 */
export function withOwnReactions(
  { reactions, reacted = [] }: Pick<MessageEventView, "reactions" | "reacted">,
  known: readonly ReactionView[],
  userId: string | null,
): ReactionView[] {
  if (reactions.length === 0) return reactions;
  const own = new Set(known.filter(({ mine }) => mine).map(({ emoji }) => emoji));
  for (const change of reacted) {
    if (change.userId !== userId) continue;
    if (change.removed) own.delete(change.emoji);
    else own.add(change.emoji);
  }
  return reactions.map((reaction) => {
    if (reaction.mine !== undefined) return reaction;
    const { emoji, count, userIds } = reaction;
    const isListed = userId !== null && userIds.includes(userId);
    return { ...reaction, mine: isListed || (count > userIds.length && own.has(emoji)) };
  });
}
