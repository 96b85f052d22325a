import { withoutIgnored } from "../../core/visible_text.ts";
import type { FilteredWord, WordAction } from "../../model/filters.ts";

/**
 * Scripts without spaces between words: each of their characters is compared by itself, so that a
 * word of theirs is found within any run.
 */
const UNSPACED = String
  .raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}`;
const TOKEN = new RegExp(
  String.raw`[${UNSPACED}]\p{M}*|[[\p{L}\p{N}\p{M}\p{Cf}\p{DI}]--[${UNSPACED}]]+`,
  "gv",
);

interface Node {
  next: Map<string, Node>;
  action: WordAction | null;
}

interface Token {
  folded: string;
  from: number;
  to: number;
}

export interface WordMatches {
  /** The first refused word. */
  refused: string | null;
  reported: string[];
  /** The text with stars in place of masked words. */
  text: string;
}

/**
 * Finds listed words in a text, at word boundaries and whatever their case. The time is linear in
 * the length of the text: each of its words is looked up as the beginning of a listed one.
 */
export class WordList {
  readonly #root: Node = { next: new Map(), action: null };

  constructor(words: readonly FilteredWord[]) {
    for (const { word, action } of words) this.#add(tokensOf(word), action);
  }

  get isEmpty(): boolean {
    return this.#root.next.size === 0;
  }

  match(text: string): WordMatches {
    const tokens = tokensOf(text);
    const matches: WordMatches = { refused: null, reported: [], text };
    const masked: [number, number][] = [];
    for (let at = 0; at < tokens.length; at++) {
      for (const { action, length } of this.#foundAt(tokens, at)) {
        const [from, to] = [tokens[at].from, tokens[at + length - 1].to];
        const found = text.slice(from, to);
        if (action === "refuse") matches.refused ??= found;
        else if (action === "report") matches.reported.push(found);
        else masked.push([from, to]);
      }
    }
    matches.text = withStars(text, masked);
    return matches;
  }

  /** A word that is listed twice has its last action. */
  #add(tokens: readonly Token[], action: WordAction): void {
    let node = this.#root;
    for (const { folded } of tokens) {
      const next = node.next.get(folded) ?? { next: new Map(), action: null };
      node.next.set(folded, next);
      node = next;
    }
    if (node !== this.#root) node.action = action;
  }

  *#foundAt(tokens: readonly Token[], at: number) {
    let node: Node | undefined = this.#root;
    for (let length = 1; at + length <= tokens.length; length++) {
      node = node.next.get(tokens[at + length - 1].folded);
      if (node === undefined) return;
      if (node.action !== null) yield { action: node.action, length };
    }
  }
}

function tokensOf(text: string): Token[] {
  return [...text.matchAll(TOKEN)].flatMap((match) => {
    const folded = withoutIgnored(match[0].normalize("NFKC")).toLowerCase();
    if (folded === "") return [];
    return [{ folded, from: match.index, to: match.index + match[0].length }];
  });
}

/** The ranges are in order of their start, and may overlap. */
function withStars(text: string, ranges: readonly [number, number][]): string {
  let masked = "";
  let done = 0;
  for (const [from, to] of ranges) {
    if (to <= done) continue;
    const start = Math.max(from, done);
    masked += text.slice(done, start) + text.slice(start, to).replaceAll(/\S/gu, "*");
    done = to;
  }
  return masked + text.slice(done);
}
