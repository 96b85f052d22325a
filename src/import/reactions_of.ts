import { emojiOf } from "./emoji_of.ts";

export interface NamedReaction {
  name: string;
  person: string;
}

/** Reactions by emoji: an export has them by name, and several names may be one emoji. */
export function reactionsOf(
  reactions: readonly NamedReaction[],
  onUnknown: (name: string) => void,
): { emoji: string; people: string[] }[] {
  const found = new Map<string, Set<string>>();
  for (const { name, person } of reactions) {
    const emoji = emojiOf(name);
    if (emoji === null) onUnknown(name);
    else found.set(emoji, (found.get(emoji) ?? new Set()).add(person));
  }
  return [...found].map(([emoji, people]) => ({ emoji, people: [...people] }));
}
