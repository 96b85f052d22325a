import type { Kept } from "../state/kept.ts";

const KEY = "emoji";
const TONE_KEY = "emoji tone";
const MAX = 24;

/** Emoji that the person has picked, the last one first. */
export function recentEmoji(kept: Kept): string[] {
  return kept.read(KEY).split(" ").filter((char) => char !== "");
}

export function rememberEmoji(kept: Kept, char: string): void {
  const others = recentEmoji(kept).filter((each) => each !== char);
  kept.write(KEY, [char, ...others].slice(0, MAX).join(" "));
}

/** Index in `TONES`. */
export function keptTone(kept: Kept): number {
  return Number(kept.read(TONE_KEY)) || 0;
}

export function keepTone(kept: Kept, tone: number): void {
  kept.write(TONE_KEY, tone === 0 ? "" : String(tone));
}
