import { ChatError } from "../chat_error.ts";

/** A page that was left a moment ago may hold it still. */
const WAIT_MS = 3_000;

/**
 * One tab at a time is a device: two that encrypt with the same ratchets would use a key twice. Where
 * the platform has no Web Locks, whoever shares a storage between programs has to see to it.
 */
export class DeviceLock {
  #taking: Promise<void> | null = null;
  #isHeld = false;
  #release = () => {};
  #patience = new AbortController();

  constructor(private readonly name: string) {}

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Throws `conflict` unless it is held. */
  check(): void {
    if (!this.#isHeld) throw new ChatError("conflict", "Encrypted chats are closed: connect first");
  }

  /** Throws `conflict` when another tab has it. Does nothing if it is held already. */
  take(): Promise<void> {
    return this.#taking ??= this.#take().catch((error) => {
      this.#taking = null;
      throw error;
    });
  }

  /** Whoever still waits for it gets `conflict`. */
  release(): void {
    this.#patience.abort();
    this.#release();
    this.#taking = null;
    this.#isHeld = false;
  }

  async #take(): Promise<void> {
    const patience = this.#patience = new AbortController();
    const { locks } = globalThis.navigator ?? {};
    if (locks) await this.#request(locks, patience);
    this.#isHeld = true;
  }

  async #request(locks: LockManager, patience: AbortController): Promise<void> {
    const timer = setTimeout(() => patience.abort(), WAIT_MS);
    try {
      await new Promise<void>((resolve, reject) => {
        locks.request(this.name, { signal: patience.signal }, () => {
          resolve();
          return new Promise<void>((release) => this.#release = release);
        }).catch(reject);
      });
      patience.signal.throwIfAborted();
    } catch (cause) {
      this.#release();
      const about = "This device's encrypted chats are open in another tab or program";
      throw new ChatError("conflict", about, { cause });
    } finally {
      clearTimeout(timer);
    }
  }
}
