import { isOneEmoji } from "../../../core/emoji.ts";
import type { EmojiTexts } from "../texts/emoji/emoji.ts";
import { EMOJI, REGIONS } from "./emoji_list.ts";

export interface Emoji {
  char: string;
  name: string;
  /** Everything that it is found by, in lower case. */
  words: string;
}

export interface EmojiGroup {
  title: string;
  emoji: Emoji[];
}

const FIRST_LETTER = 0x41;
const FIRST_INDICATOR = 0x1f1e6;

const known = new WeakMap<EmojiTexts, EmojiGroup[]>();

/**
 * Returns all emoji with their names in one language; the flags of regions are named by the
 * browser.
 */
export function emojiGroups(texts: EmojiTexts, language: string): EmojiGroup[] {
  const found = known.get(texts);
  if (found) return found;
  const names = texts.names.split("\n").map((line) => line.split("|"));
  const groups = EMOJI.split("\n").map((line, group) => ({
    title: texts.groups[group],
    emoji: line.split(" ").map((char, at) => emojiOf(char, names[group][at].split(","))),
  }));
  groups.at(-1)!.emoji.push(...regionFlags(language));
  known.set(texts, groups);
  return groups;
}

/** Returns those of which every word begins a word of the query's; whole names first. */
export function findEmoji(groups: readonly EmojiGroup[], query: string, max: number): Emoji[] {
  const wanted = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (wanted.length === 0) return [];
  const found = groups.flatMap(({ emoji }) =>
    emoji.filter(({ words }) => wanted.every((word) => words.includes(` ${word}`)))
  );
  const rank = ({ name }: Emoji) => name.toLowerCase().startsWith(wanted[0]) ? 0 : 1;
  return found.sort((a, b) => rank(a) - rank(b)).slice(0, max);
}

/** Skin tones of Unicode, from light to dark; 0 is the default without a tone. */
export const TONES = ["", "🏻", "🏼", "🏽", "🏾", "🏿"];

/** Returns the emoji in a skin tone, if there is such a one: every person in it gets the tone. */
export function withTone(char: string, tone: number): string {
  if (tone === 0 || /\p{Emoji_Modifier}/u.test(char)) return char;
  const toned = char.replace(/(\p{Emoji_Modifier_Base})\ufe0f?/gu, `$1${TONES[tone]}`);
  return isOneEmoji(toned) ? toned : char;
}

function emojiOf(char: string, words: string[]): Emoji {
  return { char, name: words[0], words: ` ${words.join(" ")}`.toLowerCase() };
}

function regionFlags(language: string): Emoji[] {
  const regions = new Intl.DisplayNames(language, { type: "region" });
  return REGIONS.split(" ").map((code) => {
    const indicators = [...code].map((letter) => {
      return letter.charCodeAt(0) - FIRST_LETTER + FIRST_INDICATOR;
    });
    return emojiOf(String.fromCodePoint(...indicators), [regions.of(code) ?? code]);
  });
}
