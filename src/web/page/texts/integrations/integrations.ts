import { defineArea } from "../area.ts";
import type { en } from "./en.ts";

export type IntegrationsTexts = typeof en;

/**
 * Webhooks, API keys, bots, and the rules for texts: administrators set them up. Incoming webhooks:
 * those who manage a group.
 */
export const integrations = defineArea<IntegrationsTexts>({
  en: async () => (await import("./en.ts")).en,
  de: async () => (await import("./de.ts")).de,
  ar: async () => (await import("./ar.ts")).ar,
}, "/web/integrations.css");

/** Texts of the area; only for components made by `integrations.lazily`. */
export function i(): IntegrationsTexts {
  return integrations.t();
}
