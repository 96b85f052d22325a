import type { Page } from "playwright-core";

/** An entry that the page keeps in the browser's storage. */
export interface StoredEntry {
  name: string;
  bytes: number;
}

/**
 * Reads what a reload of the page will find. To wait for it, call this in `eventually`: a predicate
 * of `waitForFunction` that returns a promise counts as true at once.
 */
export function storedEntries(page: Page): Promise<StoredEntry[]> {
  return page.evaluate(async () => {
    const opening = indexedDB.open("realtimechat", 1);
    await new Promise((resolve) => opening.onsuccess = resolve);
    const entries = opening.result.transaction("entries").objectStore("entries");
    const names = entries.getAllKeys();
    const values = entries.getAll();
    await new Promise((resolve) => values.onsuccess = resolve);
    opening.result.close();
    return names.result.map((name, i) => ({
      name: String(name),
      bytes: Number(values.result[i]?.length ?? 0),
    }));
  });
}
