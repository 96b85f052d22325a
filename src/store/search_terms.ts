/**
 * What text is found by. Both stores index these terms and neither tokenizes by itself, so that a search
 * finds the same on both, whatever the script.
 *
 * Case and diacritics are folded. Scripts with spaces give their words. Those without (and Korean,
 * which glues particles to its nouns) give single characters and overlapping pairs of them, for where
 * a dictionary breaks a sentence depends on its context and on the dictionary's version: a word that was
 * segmented one way in the text and another in the query would not be found.
 */

/** A message is indexed by its first so many distinct terms. */
const MAX_TERMS = 512;
const MAX_QUERY_TERMS = 32;
/** UTF-16 units; a longer word is cut, in the text and in the query alike. */
const MAX_TERM_LENGTH = 40;
/** UTF-16 units. Past it, `MAX_TERMS` have been reached by all but the oddest text. */
const MAX_TEXT_LENGTH = 16_384;

export interface QueryTerms {
  /** All of these must be among a text's terms. */
  terms: string[];
  /** One of the text's terms must start with this: the last word, which may be unfinished. */
  prefix: string | null;
  /**
   * Phrases of scripts without spaces that are longer than a pair. Their pairs may also stand apart
   * (東京 and 京都, where 東京都 was asked for), so a hit counts only if `containsRuns`.
   */
  runs: string[];
}

/**
 * The distinct terms by which a message is found.
 *
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(messageTerms("Crème brûlée"), messageTerms("CREME  brulee"));
 * assert.ok(messageTerms("東京都").includes("京都"));
 * ```
 */
export function messageTerms(text: string): string[] {
  const words = wordsOf(text);
  const terms = new Set<string>();
  for (const word of words) {
    for (const term of termsOfWord(word)) terms.add(term);
    if (terms.size >= MAX_TERMS) break;
  }
  return [...terms].slice(0, MAX_TERMS);
}

/** The distinct terms by which a person is found. */
export function nameTerms(displayName: string, username: string): string[] {
  return messageTerms(nameText(displayName, username));
}

/** The text that `runs` of a search for people are looked for in. */
export function nameText(displayName: string, username: string): string {
  return `${displayName} ${username}`;
}

/** Without words there are no terms and no prefix, and nothing is to be found. */
export function queryTerms(query: string): QueryTerms {
  const words = wordsOf(query);
  const terms = words.flatMap(termsOfQueryWord).slice(0, MAX_QUERY_TERMS);
  const prefix = mayBeUnfinished(terms.at(-1)) ? terms.pop()! : null;
  const runs = words.filter((word) => isUnspaced(word) && charactersOf(word).length > 2);
  return { terms: [...new Set(terms)], prefix, runs };
}

/** Whether each run stands in the text as one piece. */
export function containsRuns(text: string, runs: string[]): boolean {
  if (runs.length === 0) return true;
  const folded = fold(text.slice(0, MAX_TEXT_LENGTH));
  return runs.every((run) => folded.includes(run));
}

const NOT_ASCII = /[\u0080-\uffff]/;
const ASCII_WORD = /[a-z0-9]+/g;
const WORD = /[\p{L}\p{N}\p{M}]+/gu;

const UNSPACED =
  "\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Bopomofo}\\p{sc=Hangul}\\u30fc\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}";
const STARTS_UNSPACED = new RegExp(`^[${UNSPACED}]`, "u");
const PIECE = new RegExp(`[${UNSPACED}][${UNSPACED}\\p{M}]*|[^${UNSPACED}]+`, "gu");
/** Thai is the lowest of the scripts above: what stays below it needs no closer look. */
const MAY_BE_UNSPACED = /[\u0e00-\uffff]/;
const CHARACTER = /.\p{M}*/gsu;

/** Folded words; a run of a script without spaces is one word. */
function wordsOf(text: string): string[] {
  const bounded = text.length > MAX_TEXT_LENGTH ? text.slice(0, MAX_TEXT_LENGTH) : text;
  if (!NOT_ASCII.test(bounded)) return bounded.toLowerCase().match(ASCII_WORD) ?? [];
  const folded = fold(bounded);
  const words: string[] = folded.match(WORD) ?? [];
  return MAY_BE_UNSPACED.test(folded) ? words.flatMap((word) => word.match(PIECE) ?? []) : words;
}

function termsOfWord(word: string): string[] {
  if (!isUnspaced(word)) return [cut(word)];
  const characters = charactersOf(word);
  return [...characters, ...pairsOf(characters)].map(cut);
}

function termsOfQueryWord(word: string): string[] {
  if (!isUnspaced(word)) return [cut(word)];
  const characters = charactersOf(word);
  return (characters.length === 1 ? characters : pairsOf(characters)).map(cut);
}

function isUnspaced(word: string): boolean {
  return word.charCodeAt(0) >= 0x0e00 && STARTS_UNSPACED.test(word);
}

/** With their marks: a Thai vowel sign or a Burmese medial belongs to its consonant. */
function charactersOf(word: string): string[] {
  return word.match(CHARACTER) ?? [];
}

function pairsOf(characters: string[]): string[] {
  return characters.slice(1).map((character, i) => characters[i] + character);
}

function cut(term: string): string {
  if (term.length <= MAX_TERM_LENGTH) return term;
  const short = term.slice(0, MAX_TERM_LENGTH);
  return short.isWellFormed() ? short : short.slice(0, -1);
}

const WHOLE = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u30fc]/u;

/** A Chinese, Japanese or Korean character is always whole; a Thai one may still get its marks. */
function mayBeUnfinished(term: string | undefined): boolean {
  return term !== undefined && !WHOLE.test(term);
}

/**
 * Marks that are left out: accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic, tatweel,
 * and what has no width. All other marks are part of the spelling (vowel signs of India and Southeast
 * Asia, dakuten of Japan) and stay.
 */
const FOLDED_MARKS =
  /[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]/g;

/** Letters that Unicode does not decompose but that people type without their stroke, tail or dots. */
const LETTERS: Record<string, string> = {
  ...{ "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th" },
  ...{ "ħ": "h", "ŧ": "t", "ı": "i", "ς": "σ" },
  ...{ "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه" },
  ...arabicDigits(0x0660),
  ...arabicDigits(0x06f0),
};
const FOLDED_LETTERS = new RegExp(`[${Object.keys(LETTERS).join("")}]`, "g");

function arabicDigits(zero: number): Record<string, string> {
  const digits = Array.from({ length: 10 }, (_, i) => [String.fromCharCode(zero + i), `${i}`]);
  return Object.fromEntries(digits);
}

function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase().normalize("NFD")
    .replace(FOLDED_MARKS, "")
    .replace(FOLDED_LETTERS, (letter) => LETTERS[letter])
    .normalize("NFC");
}
