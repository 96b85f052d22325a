/**
 * Up to white space, a quote, or the punctuation of Chinese and Japanese: those write no space
 * between a link and what follows it.
 */
const CANDIDATE =
  /https?:\/\/[^\s<>"\u2018-\u201f\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff65]+/g;

/** Ends a sentence rather than a link. */
const TRAILING = /[.,;:!?'*_~]/;

const OPENING: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/**
 * Splits a text into parts, of which every second is a link. A closing bracket belongs to a link only if
 * the link also opens it: `https://en.wikipedia.org/wiki/Foo_(bar)`, but not `(see https://example.com)`.
 */
export function splitLinks(text: string): string[] {
  const parts: string[] = [];
  let end = 0;
  for (const { 0: candidate, index } of text.matchAll(CANDIDATE)) {
    const link = trimmed(candidate);
    if (!/^https?:\/\/./.test(link)) continue;
    parts.push(text.slice(end, index), link);
    end = index + link.length;
  }
  parts.push(text.slice(end));
  return parts;
}

function trimmed(candidate: string): string {
  /**
   * Closing brackets that the candidate does not open, by their kind; counted once, since it may be
   * long.
   */
  const excess: Record<string, number> = {};
  for (const [closing, opening] of Object.entries(OPENING)) {
    excess[closing] = count(candidate, closing) - count(candidate, opening);
  }
  let end = candidate.length;
  for (;; end--) {
    const last = candidate[end - 1];
    if (excess[last] > 0) excess[last]--;
    else if (!TRAILING.test(last ?? "")) return candidate.slice(0, end);
  }
}

function count(text: string, char: string): number {
  return text.split(char).length - 1;
}
