import { defineArea } from "../area.ts";
import type { en } from "./en.ts";

export type AdminTexts = typeof en;

/** The administrators' view. */
export const admin = defineArea<AdminTexts>({
  en: async () => (await import("./en.ts")).en,
  de: async () => (await import("./de.ts")).de,
  ar: async () => (await import("./ar.ts")).ar,
}, "/web/admin.css");
