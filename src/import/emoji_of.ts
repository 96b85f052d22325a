import { lazy } from "../core/lazy.ts";
import { fullyQualified, isOneEmoji } from "../core/emoji.ts";
import { EMOJI_NAMES } from "./emoji_names.ts";

const table = lazy(() => {
  const words = EMOJI_NAMES.trim().split(/\s+/);
  const found = new Map<string, string>();
  for (let at = 0; at < words.length; at += 2) found.set(words[at], words[at + 1]);
  return found;
});

/** Slack's `wave::skin-tone-2` to `-6`, and Mattermost's `wave_medium_light_skin_tone`. */
const TONED =
  /^(.+?)(?:::skin-tone-([2-6])|_(light|medium_light|medium|medium_dark|dark)_skin_tone)$/;
const TONES = ["light", "medium_light", "medium", "medium_dark", "dark"];
const FIRST_TONE = 0x1f3fb;
const FIRST_LETTER = 0x61;
const FIRST_INDICATOR = 0x1f1e6;

/** Returns the emoji of a name without colons; null for one that an organization has made. */
export function emojiOf(name: string): string | null {
  const [, base = name, number, word] = TONED.exec(name) ?? [];
  const emoji = table().get(base) ?? regionFlag(base);
  if (emoji === null || base === name) return emoji;
  const tone = number === undefined ? TONES.indexOf(word) : Number(number) - 2;
  return toned(emoji, FIRST_TONE + tone);
}

/** Replaces `:name:` by its emoji; other words between colons stay. */
export function withEmoji(text: string): string {
  if (!text.includes(":")) return text;
  return text.replace(/:([a-z0-9+_'-]+(?:::skin-tone-[2-6])?):/g, (all, name) => {
    return emojiOf(name) ?? all;
  });
}

/** The tone follows the first picture; an emoji that takes none stays as it is. */
function toned(emoji: string, tone: number): string {
  const [first, ...rest] = emoji;
  const others = rest[0] === "\ufe0f" ? rest.slice(1) : rest;
  const result = fullyQualified(first + String.fromCodePoint(tone) + others.join(""));
  return isOneEmoji(result) ? result : emoji;
}

function regionFlag(name: string): string | null {
  const [, letters] = /^flag-([a-z]{2})$/.exec(name) ?? [];
  if (letters === undefined) return null;
  return [...letters].map((letter) => {
    return String.fromCodePoint(letter.charCodeAt(0) - FIRST_LETTER + FIRST_INDICATOR);
  }).join("");
}
