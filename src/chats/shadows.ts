import type { Log } from "../core/log.ts";
import type { Store } from "../store/store.ts";

/** Maximum number of people; of more, those whose shadow is the oldest have none. */
const MAX_SHADOWS = 10_000;
/**
 * Interval in milliseconds at which the list is read, should a signal of another instance be lost.
 */
const REFRESH_MS = 30_000;

/**
 * People whose messages only they see. Each instance knows all of them, so that a send looks
 * nothing up; a change reaches the other instances by a signal.
 */
export class Shadows {
  #userIds: ReadonlySet<string> = new Set();
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly store: Pick<Store, "users">) {}

  has(userId: string): boolean {
    return this.#userIds.has(userId);
  }

  async refresh(): Promise<void> {
    this.#userIds = new Set(await this.store.users.shadowed(MAX_SHADOWS));
  }

  /** Resolves once the list is known. */
  async start(log: Log): Promise<void> {
    await this.refresh();
    this.#timer = setInterval(() => {
      this.refresh().catch((error) => {
        log.warn("Reading the shadowed people failed; it is repeated", { error });
      });
    }, REFRESH_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}
