import { signal } from "@preact/signals";

export type SettingsPart =
  | "profile"
  | "account"
  | "security"
  | "encryption"
  | "notifications"
  | "privacy"
  | "appearance"
  | "data";

/** The part of the settings that is open; null: they are closed. */
export const openSettings = signal<SettingsPart | null>(null);
