import { defineArea } from "../area.ts";
import type { en } from "./en.ts";

export type NotificationTexts = typeof en;

export const notifications = defineArea<NotificationTexts>({
  en: async () => (await import("./en.ts")).en,
  de: async () => (await import("./de.ts")).de,
  ar: async () => (await import("./ar.ts")).ar,
}, "/web/notifications.css");
