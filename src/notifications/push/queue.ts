import { delay } from "../../core/delay.ts";
import type { OutboxEntry } from "../../model/outbox_entry.ts";

export interface PushQueueOptions {
  /** Rounds at once. */
  atOnce: number;
  /** Debounce per key, in milliseconds: entries that come within it go together in the next round. */
  restMs: number;
  /** Must not throw. */
  run(entries: OutboxEntry[]): Promise<void>;
}

/** Entries by key, in rounds: one round a key at a time, the key that has waited longest first. */
export class PushQueue {
  readonly #waiting = new Map<string, OutboxEntry[]>();
  readonly #running = new Set<string>();
  readonly #resting = new Set<string>();
  #closed = false;

  constructor(private readonly options: PushQueueOptions) {}

  take(key: string, entry: OutboxEntry): void {
    const waiting = this.#waiting.get(key);
    if (waiting) waiting.push(entry);
    else this.#waiting.set(key, [entry]);
    this.#next();
  }

  /** Begins no further round, and resolves once those under way are over. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running.size + this.#resting.size > 0) await delay(5);
  }

  #next(): void {
    for (const key of this.#waiting.keys()) {
      if (this.#closed || this.#running.size >= this.options.atOnce) return;
      if (!this.#running.has(key) && !this.#resting.has(key)) this.#run(key);
    }
  }

  /** A key that is never quiet queues up behind the others after each round. */
  async #run(key: string): Promise<void> {
    const entries = this.#waiting.get(key)!;
    this.#waiting.delete(key);
    this.#running.add(key);
    await this.options.run(entries);
    this.#running.delete(key);
    this.#resting.add(key);
    this.#next();
    if (this.options.restMs > 0) await delay(this.options.restMs);
    this.#resting.delete(key);
    this.#next();
  }
}
