import type { Log } from "../core/log.ts";
import type { ApiKeyUse } from "../store/api_key_store.ts";
import type { Store } from "../store/store.ts";

const FLUSH_MS = 30_000;

/**
 * Notes when each API key was last used, and writes all uses together after a while, so that a busy
 * key costs no write for each call. A crash loses at most the last half minute.
 */
export class KeyUsage {
  readonly #uses = new Map<string, ApiKeyUse>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly store: Pick<Store, "apiKeys">, private readonly log: Log) {}

  note(use: ApiKeyUse): void {
    this.#uses.set(use.id, use);
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  /** Writes what was noted. Never throws: a use that could not be written is only logged. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const uses = [...this.#uses.values()];
    this.#uses.clear();
    if (uses.length === 0) return;
    try {
      await this.store.apiKeys.used(uses);
    } catch (error) {
      this.log.warn("Writing the last use of API keys failed", { error });
    }
  }
}
