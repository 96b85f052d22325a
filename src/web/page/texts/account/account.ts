import { defineArea } from "../area.ts";
import type { en } from "./en.ts";

export type AccountTexts = typeof en;

/** Settings: a person's profile, account, security, privacy and data. */
export const account = defineArea<AccountTexts>({
  en: async () => (await import("./en.ts")).en,
  de: async () => (await import("./de.ts")).de,
  ar: async () => (await import("./ar.ts")).ar,
}, "/web/account.css");
