import { defineArea } from "../area.ts";
import type { en } from "./en.ts";

export type WritingTexts = typeof en;

/** Completion, forwarding, voice notes, and what there is to know of a message. */
export const writing = defineArea<WritingTexts>({
  en: async () => (await import("./en.ts")).en,
  de: async () => (await import("./de.ts")).de,
  ar: async () => (await import("./ar.ts")).ar,
}, "/web/writing.css");
