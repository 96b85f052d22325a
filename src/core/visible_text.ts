/**
 * The visible part of a text. No name of a user or chat, and no message, may look empty, and no
 * name may turn the direction of the text beside it.
 */

/**
 * Has a glyph: neither white space, a control, a character that is ignored where it is not
 * supported (joiners, fillers, selectors, tags) nor one of the two that are drawn as nothing,
 * U+2800 and U+1D159.
 */
const VISIBLE =
  /[^\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\u{1d159}]/u;

/** True if the text has a visible character. */
export function isVisible(text: string): boolean {
  return VISIBLE.test(text);
}

/**
 * Characters that are drawn as nothing within a word: joiners, soft hyphens, selectors, fillers.
 * They hide a word from a comparison, and not from a reader.
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
 * Returns a name or a title without characters that turn the direction of text. Marks (U+200E,
 * U+200F, U+061C) stay: they turn nothing, and names of two scripts need them.
 */
export function withoutDirection(text: string): string {
  return text.replace(DIRECTION, "");
}

/**
 * Tag characters (UTS #51): drawn as nothing, so that they hide a text in a name. Only in flags
 * like that of Wales they stay.
 */
const FLAG_OR_TAG =
  /(\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{1,8}\u{e007f})|[\u{e0000}-\u{e007f}]/gu;

/** Returns a name or a title without tag characters outside of flags. */
export function withoutTags(text: string): string {
  return text.replace(FLAG_OR_TAG, "$1");
}

/**
 * Accents of no script in particular, on one character. Names need up to three (Vietnamese and
 * Greek that are decomposed, transcriptions); more of them draw over the lines above and below.
 */
export const MAX_ACCENTS = 4;
/**
 * Marks of any script on one character: Hebrew with vowels and accents has up to six, Burmese five,
 * and Tibetan stacks letters that are marks.
 */
export const MAX_MARKS = 8;

/**
 * Blocks of accents of no script in particular, with marks for symbols. Joiners do not end a stack.
 */
const ACCENT =
  "[\\u0300-\\u036f\\u0483-\\u0489\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\ufe20-\\ufe2f]";
const ACCENTS = `(?:${ACCENT}\\p{Cf}*)`;
const MARKS = "(?:\\p{M}\\p{Cf}*)";
const STACKED = new RegExp(`${ACCENTS}{${MAX_ACCENTS + 1}}|${MARKS}{${MAX_MARKS + 1}}`, "u");
const SURPLUS = new RegExp(
  `(${ACCENTS}{${MAX_ACCENTS}})${ACCENTS}+|(${MARKS}{${MAX_MARKS}})${MARKS}+`,
  "gu",
);

/** True if a character has more marks than the writing of any name needs. */
export function hasStackedMarks(text: string): boolean {
  return STACKED.test(text);
}

/** Returns the text with as many marks on each character as a name may have. */
export function withoutStackedMarks(text: string): string {
  return text.replace(SURPLUS, "$1$2");
}

/**
 * Returns a name that was not given for this server, made to fit: what a name may not have is left
 * out.
 */
export function fittingName(text: string): string {
  return withoutStackedMarks(withoutTags(withoutDirection(text)));
}
