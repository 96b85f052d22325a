/**
 * The visible part of a text. No name of a user or chat, and no message, may look empty, and no name may
 * turn the direction of the text beside it.
 */

/**
 * Has a glyph: neither white space, a control, a character that is ignored where it is not supported
 * (joiners, fillers, selectors, tags) nor one of the two that are drawn as nothing, U+2800 and U+1D159.
 */
const VISIBLE =
  /[^\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\u{1d159}]/u;

/** True if the text has a visible character. */
export function isVisible(text: string): boolean {
  return VISIBLE.test(text);
}

/**
 * Characters that are drawn as nothing within a word: joiners, soft hyphens, selectors, fillers. They
 * hide a word from a comparison, and not from a reader.
 */
const IGNORED = /[\p{Cf}\p{Default_Ignorable_Code_Point}]+/gu;

/** Returns the text without the characters that are drawn as nothing within a word. */
export function withoutIgnored(text: string): string {
  return text.replace(IGNORED, "");
}

/** Returns the pieces of a text between the characters that are drawn as nothing within a word. */
export function splitAtIgnored(text: string): string[] {
  return text.split(IGNORED);
}

/** Embeddings, overrides and isolates (UAX #9, section 2): they turn the text that follows, too. */
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * Returns a name or a title without characters that turn the direction of text. Marks (U+200E, U+200F, U+061C) stay: they
 * turn nothing, and names of two scripts need them.
 */
export function withoutDirection(text: string): string {
  return text.replace(DIRECTION, "");
}
