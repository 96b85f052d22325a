import { type Signal, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { lazily } from "../components/lazily.tsx";
import { loadStyle } from "../components/load_style.ts";
import { language, type LanguageCode, reloads } from "./texts.ts";

/*
 * Texts and styles of the areas of the page that are not on the first screen. Each area has a
 * catalog for each language, and may have a style sheet; both are fetched together with the first
 * component of the area, and the catalog again when another language is chosen.
 *
 * To add an area "polls":
 * 1. Write `texts/polls/en.ts` (`export const en = { vote: "Vote" }`), then `de.ts` and `ar.ts`, which
 *    `export const de: PollsTexts` and `ar: PollsTexts`, so that the compiler finds missing texts.
 * 2. Write `texts/polls/polls.ts`:
 *      import type { en } from "./en.ts";
 *      export type PollsTexts = typeof en;
 *      export const polls = defineArea<PollsTexts>({
 *        en: async () => (await import("./en.ts")).en,
 *        de: async () => (await import("./de.ts")).de,
 *        ar: async () => (await import("./ar.ts")).ar,
 *      }, "/web/polls.css");
 * 3. The style sheet is optional: `polls.lazy.css` and all `<name>.polls.lazy.css` of any folder become
 *    `/web/polls.css`, and stay out of the first screen's sheet.
 * 4. Make components by `const Poll = polls.lazily(async () => (await import("./poll.tsx")).Poll)`;
 *    in them and below them, `polls.t().vote` is the text.
 */

/** Fetches the catalog of each language. */
export type Catalogs<Texts> = Record<LanguageCode, () => Promise<Texts>>;

class Area<Texts> {
  readonly #texts: Signal<Texts | null> = signal(null);
  #isUsed = false;

  constructor(private readonly catalogs: Catalogs<Texts>, private readonly style?: string) {
    reloads.add((code) => this.#prepare(code));
  }

  /** The texts in the language in use; only below components made by `lazily`, or after `load`. */
  t(): Texts {
    return this.#texts.value!;
  }

  /** Whether `t` may be called. */
  get isLoaded(): boolean {
    return this.#texts.value !== null;
  }

  /** Returns a component whose code, texts and style are fetched when it is first shown. */
  lazily<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
    return lazily(async () => {
      const [component] = await Promise.all([load(), this.load()]);
      return component;
    });
  }

  /** Fetches the texts in the language in use, and the style. */
  async load(): Promise<void> {
    this.#isUsed = true;
    const style = this.style && loadStyle(this.style);
    // Another language may be chosen meanwhile.
    while (this.#texts.peek() === null) {
      const { code } = language.peek();
      const loaded = await this.catalogs[code]();
      if (language.peek().code === code) this.#texts.value ??= loaded;
    }
    await style;
  }

  async #prepare(code: LanguageCode): Promise<() => void> {
    // Loaded while other catalogs were fetched: in the language before.
    if (!this.#isUsed) return () => void (this.isLoaded && this.#reload(code));
    const loaded = await this.catalogs[code]();
    return () => this.#texts.value = loaded;
  }

  async #reload(code: LanguageCode): Promise<void> {
    this.#texts.value = await this.catalogs[code]();
  }
}

export type { Area };

export function defineArea<Texts>(catalogs: Catalogs<Texts>, style?: string): Area<Texts> {
  return new Area(catalogs, style);
}
