import { batch, signal } from "@preact/signals";
import { en } from "./en.ts";

/** Every catalog has what the English one has; the compiler holds them to it. */
export type Texts = typeof en;

export type LanguageCode = "en" | "de" | "ar";

export interface Language {
  code: LanguageCode;
  /** In itself. */
  name: string;
  direction: "ltr" | "rtl";
  load(): Promise<Texts>;
}

export const LANGUAGES: readonly Language[] = [
  {
    code: "en",
    name: "English",
    direction: "ltr",
    load: () => Promise.resolve(en),
  },
  {
    code: "de",
    name: "Deutsch",
    direction: "ltr",
    load: async () => (await import("./de.ts")).de,
  },
  {
    code: "ar",
    name: "العربية",
    direction: "rtl",
    load: async () => (await import("./ar.ts")).ar,
  },
];

const KEY = "realtimechat.language";
const texts = signal<Texts>(en);
/**
 * Catalogs beyond the first screen's (see `area.ts`): each fetches its texts in a language, and
 * returns what puts them into use.
 */
export const reloads = new Set<(code: LanguageCode) => Promise<() => void>>();
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
  const [loaded, ...others] = await Promise.all([
    chosen.load(),
    ...[...reloads].map((prepare) => prepare(chosen.code)),
  ]);
  batch(() => {
    language.value = chosen;
    texts.value = loaded;
    for (const apply of others) apply();
  });
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
