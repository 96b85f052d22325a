import { signal } from "@preact/signals";
import type { MoreTexts } from "./en_more.ts";
import { en } from "./en.ts";

/** Every catalog has what the English one has; the compiler holds them to it. */
export type Texts = typeof en;

export interface Language {
  code: string;
  /** In itself. */
  name: string;
  direction: "ltr" | "rtl";
  load(): Promise<Texts>;
  /** Texts of everything that is not on the first screen. */
  loadMore(): Promise<MoreTexts>;
}

export const LANGUAGES: readonly Language[] = [
  {
    code: "en",
    name: "English",
    direction: "ltr",
    load: () => Promise.resolve(en),
    loadMore: async () => (await import("./en_more.ts")).enMore,
  },
  {
    code: "de",
    name: "Deutsch",
    direction: "ltr",
    load: async () => (await import("./de.ts")).de,
    loadMore: async () => (await import("./de_more.ts")).deMore,
  },
  {
    code: "ar",
    name: "العربية",
    direction: "rtl",
    load: async () => (await import("./ar.ts")).ar,
    loadMore: async () => (await import("./ar_more.ts")).arMore,
  },
];

const KEY = "realtimechat.language";
const texts = signal<Texts>(en);
/** Set by `more.ts`, which imports this module. */
export const moreTexts = { reload: () => Promise.resolve() };
export const language = signal<Language>(LANGUAGES[0]);

/** The texts of the language in use. */
export function t(): Texts {
  return texts.value;
}

/** Takes the language that was chosen here before, or the first of the browser's that there is. */
export async function loadTexts(): Promise<void> {
  const wanted = [storedChoice(), ...navigator.languages].filter((each) => each !== null);
  const codes = wanted.map((each) => each.split("-")[0]);
  const found = codes.map((code) => LANGUAGES.find((each) => each.code === code));
  await use(found.find((each) => each !== undefined) ?? LANGUAGES[0]);
}

export async function chooseLanguage(code: string): Promise<void> {
  const chosen = LANGUAGES.find((each) => each.code === code);
  if (!chosen) return;
  try {
    localStorage.setItem(KEY, code);
  } catch {
    // It is chosen for this visit only.
  }
  await use(chosen);
}

async function use(chosen: Language): Promise<void> {
  const loaded = await chosen.load();
  language.value = chosen;
  await moreTexts.reload();
  texts.value = loaded;
  document.documentElement.lang = chosen.code;
  document.documentElement.dir = chosen.direction;
}

function storedChoice(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
