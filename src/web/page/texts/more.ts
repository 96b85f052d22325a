import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { lazily } from "../components/lazily.tsx";
import type { MoreTexts } from "./en_more.ts";
import { language, moreTexts } from "./texts.ts";

const texts = signal<MoreTexts | null>(null);

/** Texts of what is not on the first screen; only for components made by `lazilyWithTexts`. */
export function m(): MoreTexts {
  return texts.value!;
}

/** As `lazily`, for a component that uses these texts. */
export function lazilyWithTexts<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  return lazily(async () => {
    const [component] = await Promise.all([load(), loadMoreTexts()]);
    return component;
  });
}

/** Fetches them in the language in use. */
export async function loadMoreTexts(): Promise<void> {
  texts.value = await language.peek().loadMore();
}

moreTexts.reload = async () => {
  if (texts.peek() !== null) await loadMoreTexts();
};
