import type { Signal } from "../broker.ts";

/** Longer than it takes to notice an instance that has just begun. */
const KEEP_MS = 5_000;
const MAX_SIGNALS = 20_000;

/**
 * Keeps the newest signals of an instance without peers, for a peer that has begun and was not
 * noticed yet. Older signals are replaced by a gap: typing of a minute ago is out of date, and
 * durable events are in the Store.
 */
export class SignalReplayBuffer {
  #signals: Signal[] = [];
  #since = 0;
  #gap = false;

  /** `now` returns monotonic milliseconds; replaced in tests. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  add(signal: Signal): void {
    if (this.#signals.length >= MAX_SIGNALS || this.#areOld()) this.#drop();
    if (this.#signals.length === 0) this.#since = this.now();
    this.#signals.push(signal);
  }

  /** `gap` is true if earlier signals were dropped. */
  drain(): { signals: Signal[]; gap: boolean } {
    if (this.#areOld()) this.#drop();
    const taken = { signals: this.#signals, gap: this.#gap };
    this.#signals = [];
    this.#gap = false;
    return taken;
  }

  #areOld(): boolean {
    return this.#signals.length > 0 && this.now() - this.#since > KEEP_MS;
  }

  #drop(): void {
    this.#signals = [];
    this.#gap = true;
  }
}
