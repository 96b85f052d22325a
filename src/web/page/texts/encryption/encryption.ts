import { defineArea } from "../area.ts";
import type { en } from "./en.ts";

export type EncryptionTexts = typeof en;

/** Encrypted chats: beginning, verifying, devices, backup. */
export const encryptionArea = defineArea<EncryptionTexts>({
  en: async () => (await import("./en.ts")).en,
  de: async () => (await import("./de.ts")).de,
  ar: async () => (await import("./ar.ts")).ar,
}, "/web/encryption.css");

/** Texts of the area; only for components made by `encryptionArea.lazily`. */
export function e(): EncryptionTexts {
  return encryptionArea.t();
}
