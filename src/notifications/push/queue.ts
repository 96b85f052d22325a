import { delay } from "../../core/delay.ts";
import type { OutboxEntry } from "../../model/outbox_entry.ts";

export interface PushQueueOptions {
  /** Maximum number of concurrent rounds. */
  atOnce: number;
  /**
   * Longest debounce per key, in milliseconds: entries that arrive within it are processed together
   * in the next round. It is at least half as long.
   */
  restMs: number;
  /** Must not throw. */
  run(entries: OutboxEntry[]): Promise<void>;
  /** Replaced in tests. */
  rest?: (ms: number) => Promise<void>;
}

/** Keys that end their rest together. */
interface Rest {
  endsAt: number;
  over: Promise<void>;
}

/**
 * Processes entries in rounds, one round at a time per key, the longest-waiting key first. Keys whose
 * rounds end at about the same time rest together, so that their next rounds share what they read.
 */
export class PushQueue {
  readonly #waiting = new Map<string, OutboxEntry[]>();
  readonly #running = new Set<string>();
  readonly #resting = new Set<string>();
  #rest: Rest = { endsAt: 0, over: Promise.resolve() };
  #closed = false;

  constructor(private readonly options: PushQueueOptions) {}

  add(key: string, entry: OutboxEntry): void {
    const waiting = this.#waiting.get(key);
    if (waiting) waiting.push(entry);
    else this.#waiting.set(key, [entry]);
    this.#next();
  }

  /** Starts no further round, and resolves once the rounds in progress are done. */
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

  /** After each round, a key with new entries queues up behind the others. */
  async #run(key: string): Promise<void> {
    const entries = this.#waiting.get(key)!;
    this.#waiting.delete(key);
    this.#running.add(key);
    await this.options.run(entries);
    this.#running.delete(key);
    this.#resting.add(key);
    this.#next();
    if (this.options.restMs > 0) await this.#untilRested();
    this.#resting.delete(key);
    this.#next();
  }

  #untilRested(): Promise<void> {
    const { restMs, rest = delay } = this.options;
    const now = performance.now();
    if (this.#rest.endsAt - now < restMs / 2) {
      this.#rest = { endsAt: now + restMs, over: rest(restMs) };
    }
    return this.#rest.over;
  }
}
