import { fromUtf8, utf8 } from "../mls/encoding.ts";
import type { KeyStore } from "../mls/key_store.ts";

/**
 * The revision up to which each chat's group was processed; kept with the keys, so that both match.
 */
export class GroupCursors {
  readonly #known = new Map<string, number>();

  constructor(private readonly store: KeyStore) {}

  /** Returns 0 if nothing was processed yet. */
  async read(chatId: string): Promise<number> {
    const known = this.#known.get(chatId);
    if (known !== undefined) return known;
    const stored = await this.store.read(nameOf(chatId));
    const cursor = stored ? Number(fromUtf8(stored)) : 0;
    this.#known.set(chatId, cursor);
    return cursor;
  }

  async move(chatId: string, rev: number): Promise<void> {
    if (this.#known.get(chatId) === rev) return;
    await this.store.write({ [nameOf(chatId)]: utf8(String(rev)) });
    this.#known.set(chatId, rev);
  }

  async forget(chatId: string): Promise<void> {
    this.#known.delete(chatId);
    await this.store.write({ [nameOf(chatId)]: null });
  }
}

function nameOf(chatId: string): string {
  return `cursor/${chatId}`;
}
