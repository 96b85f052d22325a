import type { ComponentType } from "preact";
import { defineArea } from "./area.ts";
import type { MoreTexts } from "./en_more.ts";

/**
 * Details, settings, search, requests: the first parts beyond the first screen. New ones get an
 * area.
 */
const more = defineArea<MoreTexts>({
  en: async () => (await import("./en_more.ts")).enMore,
  de: async () => (await import("./de_more.ts")).deMore,
  ar: async () => (await import("./ar_more.ts")).arMore,
});

/** Texts of what is not on the first screen; only for components made by `lazilyWithTexts`. */
export function m(): MoreTexts {
  return more.t();
}

/** As `lazily`, for a component that uses these texts. */
export function lazilyWithTexts<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  return more.lazily(load);
}

export function loadMoreTexts(): Promise<void> {
  return more.load();
}
