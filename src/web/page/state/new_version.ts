import { signal } from "@preact/signals";

/** The browser has a newer version of the page, which a reload shows. */
export const hasNewVersion = signal(false);
