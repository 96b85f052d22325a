const SELECTORS = /[\ufe0e\ufe0f]/g;

/** Pictures that are shown as text unless U+FE0F or a skin tone follows. */
const UNQUALIFIED =
  /(?:(?!\p{Emoji_Presentation})\p{Extended_Pictographic}|[0-9#*](?=\u20e3))(?!\p{Emoji_Modifier})/gu;

/**
 * Returns the "fully-qualified" form of an emoji (UTS #51). Keyboards differ on U+FE0F, and some
 * add it where it has no effect; without this, equal reactions of two users would be counted
 * separately.
 */
export function fullyQualified(emoji: string): string {
  return emoji.replace(SELECTORS, "").replace(UNQUALIFIED, "$&\ufe0f");
}

/** A flag, a keycap, a flag of a region by tags, or one picture with or without its skin tone. */
const SIMPLE = new RegExp(
  "^(?:\\p{RI}\\p{RI}|[0-9#*]\\ufe0f\\u20e3|\\u{1f3f4}[\\u{e0020}-\\u{e007e}]+\\u{e007f}|" +
    "\\p{Emoji_Modifier_Base}\\p{Emoji_Modifier}|\\p{Extended_Pictographic}\\ufe0f?)$",
  "u",
);

/**
 * True for a single emoji in its `fullyQualified` form, including pictures newer than this program.
 * Joined pictures count only if Unicode recommends them: others are shown as several. Their pattern
 * stands inside the function, so that the first use builds its table, which takes several
 * milliseconds, and not start-up.
 */
export function isOneEmoji(emoji: string): boolean {
  return SIMPLE.test(emoji) || /^\p{RGI_Emoji_ZWJ_Sequence}$/v.test(emoji);
}

interface Reaction {
  emoji: string;
  userIds: string[];
}

/**
 * Returns the reactions with each emoji in its fully-qualified form, equal ones merged; undefined
 * if nothing changes. For rows stored by earlier releases.
 */
export function inOneForm(reactions: readonly Reaction[]): Reaction[] | undefined {
  if (reactions.every(({ emoji }) => fullyQualified(emoji) === emoji)) return undefined;
  const merged = new Map<string, Set<string>>();
  for (const { emoji, userIds } of reactions) {
    const form = fullyQualified(emoji);
    merged.set(form, new Set([...merged.get(form) ?? [], ...userIds]));
  }
  return [...merged].map(([emoji, userIds]) => ({ emoji, userIds: [...userIds] }));
}
