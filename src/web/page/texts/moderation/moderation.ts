import { defineArea } from "../area.ts";
import type { en } from "./en.ts";

export type ModerationTexts = typeof en;

/** Chats and messages as administrators find them, and statistics. */
export const moderation = defineArea<ModerationTexts>({
  en: async () => (await import("./en.ts")).en,
  de: async () => (await import("./de.ts")).de,
  ar: async () => (await import("./ar.ts")).ar,
}, "/web/moderation.css");

/** Texts of the area; only for components made by `moderation.lazily`. */
export function mo(): ModerationTexts {
  return moderation.t();
}
