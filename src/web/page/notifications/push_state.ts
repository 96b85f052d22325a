import { signal } from "@preact/signals";

/**
 * Whether this browser shows notifications while the page is not in view. `page`: as long as it is
 * open; `always`: also when it is closed, by Web Push. `refused`: the person has forbidden it in
 * the browser.
 */
export type PushState = "unsupported" | "refused" | "off" | "page" | "always";

/** Null until it is known. */
export const pushState = signal<PushState | null>(null);

const KEY = "realtimechat.notify";

/**
 * The choice for this browser; the browser's permission alone is no choice, it outlives signing
 * out.
 */
export function isChosen(): boolean {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}

export function choose(isOn: boolean): void {
  try {
    if (isOn) localStorage.setItem(KEY, "on");
    else localStorage.removeItem(KEY);
  } catch {
    // It is chosen for this visit only.
  }
}
