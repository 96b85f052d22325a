import { signal } from "@preact/signals";

/** Milliseconds that a toast stays: long enough to read two lines. */
const SHOWN_MS = 6_000;

export interface Toast {
  text: string;
  action?: { label: string; run(): void };
}

export const toast = signal<Toast | null>(null);

/**
 * Open modal dialogs, the topmost last. Only what is in that one is seen and read aloud, so it has
 * the toast.
 */
export const openDialogs = signal<readonly string[]>([]);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Shows a text for some seconds; a later one replaces it. */
export function showToast(text: string, action?: Toast["action"]): void {
  clearTimeout(timer);
  toast.value = { text, action };
  timer = setTimeout(() => toast.value = null, SHOWN_MS);
}

export function hideToast(): void {
  clearTimeout(timer);
  toast.value = null;
}
