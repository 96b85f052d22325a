import { defineArea } from "../area.ts";
import type { en } from "./en.ts";

export type EmojiTexts = typeof en;

export const emojiTexts = defineArea<EmojiTexts>({
  en: async () => (await import("./en.ts")).en,
  de: async () => (await import("./de.ts")).de,
  ar: async () => (await import("./ar.ts")).ar,
}, "/web/emoji.css");
