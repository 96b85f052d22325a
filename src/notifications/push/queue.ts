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
  /**
   * Milliseconds after the beginning of a round in which keys gather whose rounds then begin
   * together. One that comes alone begins at once.
   */
  gatherMs?: number;
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
 * Processes entries in rounds, one round at a time per key, the longest-waiting key first. Keys
 * whose rounds end at about the same time rest together, so that their next rounds share what they
 * read.
 */
export class PushQueue {
  readonly #waiting = new Map<string, OutboxEntry[]>();
  readonly #running = new Set<string>();
  readonly #resting = new Set<string>();
  #lastStart = -Infinity;
  /** True while keys wait for others to end: then none waits for more to come. */
  #isFull = false;
  #gathering: Promise<void> | null = null;
  #rest: Rest = { endsAt: 0, over: Promise.resolve() };
  #closed = false;

  constructor(private readonly options: PushQueueOptions) {}

  add(key: string, entry: OutboxEntry): void {
    const waiting = this.#waiting.get(key);
    if (waiting) waiting.push(entry);
    else this.#waiting.set(key, [entry]);
    this.#begin();
  }

  /** Starts no further round, and resolves once the rounds in progress are done. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running.size + this.#resting.size > 0) await delay(5);
    await this.#gathering;
  }

  /** Lets keys begin, now or together with others that come within `gatherMs`. */
  #begin(): void {
    if (this.#gathering) return;
    const { gatherMs = 0, rest = delay } = this.options;
    const wait = this.#isFull ? 0 : this.#lastStart + gatherMs - performance.now();
    if (wait <= 0) return this.#next();
    this.#gathering = rest(wait).then(() => {
      this.#gathering = null;
      this.#next();
    });
  }

  #next(): void {
    this.#isFull = false;
    for (const key of this.#waiting.keys()) {
      if (this.#closed) return;
      this.#isFull = this.#running.size >= this.options.atOnce;
      if (this.#isFull) return;
      if (!this.#running.has(key) && !this.#resting.has(key)) this.#run(key);
    }
  }

  /** After each round, a key with new entries queues up behind the others. */
  async #run(key: string): Promise<void> {
    this.#lastStart = performance.now();
    const entries = this.#waiting.get(key)!;
    this.#waiting.delete(key);
    this.#running.add(key);
    await this.options.run(entries);
    this.#running.delete(key);
    this.#resting.add(key);
    this.#begin();
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
