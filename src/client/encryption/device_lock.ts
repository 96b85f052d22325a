import { ChatError } from "../chat_error.ts";

/** Milliseconds to wait: a page that was just closed may still hold the lock. */
const WAIT_MS = 3_000;

/**
 * Makes one tab at a time the device: two that encrypt with the same ratchets would use a key
 * twice. On platforms without Web Locks, an application that shares a storage between programs must
 * ensure this itself.
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

  /** Throws `conflict` unless the lock is held. */
  check(): void {
    if (!this.#isHeld) throw new ChatError("conflict", "Encrypted chats are closed: connect first");
  }

  /** Throws `conflict` if another tab holds the lock. Does nothing if it is held already. */
  take(): Promise<void> {
    return this.#taking ??= this.#take().catch((error) => {
      this.#taking = null;
      throw error;
    });
  }

  /** Releases the lock; calls that still wait for it fail with `conflict`. */
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
