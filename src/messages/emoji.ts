/** Pictures that are shown as text unless U+FE0F follows; a skin tone does as well. */
const UNQUALIFIED =
  /(?:(?!\p{Emoji_Presentation})\p{Extended_Pictographic}|[0-9#*](?=\u20e3))(?![\ufe0e\ufe0f\p{Emoji_Modifier}])/gu;

/**
 * The one form of an emoji, "fully-qualified" in UTS #51: keyboards differ on U+FE0F, and without this
 * two people who react with the same heart would be counted apart.
 */
export function fullyQualified(emoji: string): string {
  return emoji.replace(UNQUALIFIED, "$&\ufe0f");
}
