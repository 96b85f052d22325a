import { lazy } from "../core/lazy.ts";
import type { Message } from "../model/message.ts";
import { fold } from "./text_folding.ts";

/**
 * Computes the terms by which text is found. Both stores index these terms and neither tokenizes by
 * itself, so that a search finds the same on both, whatever the script.
 *
 * Case and diacritics are folded. Scripts with spaces yield their words. Those without (and Korean,
 * which glues particles to its nouns) yield single characters and overlapping pairs of them,
 * because where a dictionary breaks a sentence depends on its context and on the dictionary's
 * version: a word that was segmented one way in the text and another in the query would not be
 * found.
 */

/**
 * Maximum number of distinct pairs of characters of one message, which are most of its terms if it
 * is long: with all of them, indexing ten thousand random characters takes longer than a turn of
 * the event loop may. A message that has more gets `PAIRS_LEFT_OUT`, and is found by its
 * characters; that they are adjacent is verified in its text.
 */
const MAX_PAIRS = 1_024;
/**
 * Maximum number of distinct terms of one message. Ten thousand characters of any language have
 * fewer; of random ones, the end is not found.
 */
const MAX_TERMS = 5_000;
/** Occurs in no folded text: NFKC turns it into three full stops. */
const PAIRS_LEFT_OUT = "…";
const MAX_QUERY_TERMS = 32;
/** UTF-16 units; a longer word is cut, in the text and in the query alike. */
const MAX_TERM_LENGTH = 40;
/** UTF-16 units of a text that are indexed. Ten thousand characters fit, of any script. */
const MAX_TEXT_LENGTH = 24_576;

/** Conditions on a text's terms. */
export interface TermSet {
  /** All of these must be among them. */
  terms: string[];
  /** One of them must start with this: the last word, which may be unfinished. */
  prefix: string | null;
}

/**
 * A text is found if its terms meet the conditions, or those of `byCharacter`, and it
 * `containsRuns`.
 */
export interface QueryTerms extends TermSet {
  /** For texts of too many pairs; null if the query has no pair. */
  byCharacter: TermSet | null;
  /**
   * Phrases of scripts without spaces. Their pairs may also occur apart (東京 and 京都, where the query
   * was 東京都).
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
  const terms = new Set<string>();
  const pairs = new Set<string>();
  let isComplete = true;
  for (const word of wordsOf(text)) {
    for (const term of charactersOrWord(word)) {
      if (terms.size < MAX_TERMS) terms.add(cut(term));
    }
    for (const pair of isUnspaced(word) ? pairsOf(charactersOf(word)) : []) {
      if (pairs.has(pair)) continue;
      if (pairs.size === MAX_PAIRS) {
        isComplete = false;
        break;
      }
      pairs.add(pair);
      terms.add(cut(pair));
    }
  }
  if (!isComplete) terms.add(PAIRS_LEFT_OUT);
  return [...terms];
}

/** The text by which a message is found: with the names of its files. */
export function messageText({ text, media }: Pick<Message, "text" | "media">): string {
  return media.length === 0 ? text : [text, ...media.map(({ name }) => name)].join("\n");
}

/** The distinct terms by which a person is found. */
export function nameTerms(displayName: string, username: string): string[] {
  return messageTerms(nameText(displayName, username));
}

/** The text in which the `runs` of a search for people must occur. */
export function nameText(displayName: string, username: string): string {
  return `${displayName} ${username}`;
}

/** Without words there are no terms and no prefix, and nothing is found. */
export function queryTerms(query: string): QueryTerms {
  const words = wordsOf(query);
  const phrases = words.filter((word) => isUnspaced(word) && charactersOf(word).length > 1);
  const byCharacter = termSet(words.flatMap(charactersOrWord));
  byCharacter.terms.push(PAIRS_LEFT_OUT);
  return {
    ...termSet(words.flatMap(pairsOrWord)),
    byCharacter: phrases.length === 0 ? null : byCharacter,
    runs: phrases,
  };
}

/** True if a query has no words. */
export function isEmptyQuery({ terms, prefix }: QueryTerms): boolean {
  return terms.length === 0 && prefix === null;
}

/** True if the text matches the query: for texts that were not found through an index. */
export function matches(text: string, query: QueryTerms): boolean {
  if (isEmptyQuery(query) || !mayMatch(text, query)) return false;
  const own = new Set(messageTerms(text));
  const isMet = ({ terms, prefix }: TermSet) =>
    terms.every((term) => own.has(term)) &&
    (prefix === null || [...own].some((term) => term.startsWith(prefix)));
  return (isMet(query) || (query.byCharacter !== null && isMet(query.byCharacter))) &&
    containsRuns(text, query.runs);
}

/**
 * False if the text has not even the letters of the query: far quicker than to compute its terms.
 */
function mayMatch(text: string, { byCharacter, ...query }: QueryTerms): boolean {
  const folded = fold(text.slice(0, MAX_TEXT_LENGTH));
  const hasAll = ({ terms, prefix }: TermSet) =>
    terms.every((term) => term === PAIRS_LEFT_OUT || folded.includes(term)) &&
    folded.includes(prefix ?? "");
  return hasAll(query) || (byCharacter !== null && hasAll(byCharacter));
}

/** True if each run occurs in the text as one piece. */
export function containsRuns(text: string, runs: string[]): boolean {
  if (runs.length === 0) return true;
  const folded = fold(text.slice(0, MAX_TEXT_LENGTH));
  return runs.every((run) => folded.includes(run));
}

function termSet(all: string[]): TermSet {
  const terms = all.slice(0, MAX_QUERY_TERMS).map(cut);
  const prefix = mayBeUnfinished(terms.at(-1)) ? terms.pop()! : null;
  return { terms: [...new Set(terms)], prefix };
}

const NOT_ASCII = /[\u0080-\uffff]/;
const ASCII_WORD = /[a-z0-9]+/g;
/** A flag is two regional indicators; each picture of a joined emoji is a word. */
const WORD = /[\p{L}\p{N}\p{M}]+|\p{RI}\p{RI}|\p{Extended_Pictographic}/gu;

const UNSPACED =
  "\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Bopomofo}\\p{sc=Hangul}\\u30fc\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}";
/** The tables of scripts take milliseconds to build. */
const startsUnspaced = lazy(() => new RegExp(`^[${UNSPACED}]`, "u"));
const piece = lazy(() => new RegExp(`[${UNSPACED}][${UNSPACED}\\p{M}]*|[^${UNSPACED}]+`, "gu"));
/** Thai is the lowest of the scripts above: text below it needs no closer look. */
const MAY_BE_UNSPACED = /[\u0e00-\uffff]/;
const CHARACTER = /.\p{M}*/gsu;

/** Folded words; a run of a script without spaces is one word. */
function wordsOf(text: string): string[] {
  const bounded = text.length > MAX_TEXT_LENGTH ? text.slice(0, MAX_TEXT_LENGTH) : text;
  if (!NOT_ASCII.test(bounded)) return bounded.toLowerCase().match(ASCII_WORD) ?? [];
  const folded = fold(bounded);
  const words: string[] = folded.match(WORD) ?? [];
  return MAY_BE_UNSPACED.test(folded) ? words.flatMap((word) => word.match(piece()) ?? []) : words;
}

function charactersOrWord(word: string): string[] {
  return isUnspaced(word) ? charactersOf(word) : [word];
}

function pairsOrWord(word: string): string[] {
  if (!isUnspaced(word)) return [word];
  const characters = charactersOf(word);
  return characters.length === 1 ? characters : pairsOf(characters);
}

function isUnspaced(word: string): boolean {
  return word.charCodeAt(0) >= 0x0e00 && startsUnspaced().test(word);
}

/** Characters with their marks: a Thai vowel sign or a Burmese medial belongs to its consonant. */
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
