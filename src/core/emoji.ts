const SELECTORS = /[\ufe0e\ufe0f]/g;

/** Pictures that are shown as text unless U+FE0F follows; a skin tone does as well. */
const UNQUALIFIED =
  /(?:(?!\p{Emoji_Presentation})\p{Extended_Pictographic}|[0-9#*](?=\u20e3))(?!\p{Emoji_Modifier})/gu;

/**
 * The one form of an emoji, "fully-qualified" in UTS #51: keyboards differ on U+FE0F, and some add it where
 * it says nothing; without this two people who react with the same heart would be counted apart.
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
 * True of one emoji in its `fullyQualified` form; a picture that is newer than this program is one too. Of
 * joined pictures only those that Unicode recommends: any other is shown as several. Their pattern stands
 * here, so that the first use builds its table and not the start of the server: that takes several ms.
 */
export function isOneEmoji(emoji: string): boolean {
  return SIMPLE.test(emoji) || /^\p{RGI_Emoji_ZWJ_Sequence}$/v.test(emoji);
}

interface Reaction {
  emoji: string;
  userIds: string[];
}

/**
 * Reactions with each emoji in its one form, those that become the same joined; undefined if they are so
 * already. For what earlier releases have stored.
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
