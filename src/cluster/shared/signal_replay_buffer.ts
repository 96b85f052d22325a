import type { Signal } from "../broker.ts";

/** Longer than it takes to notice who has just begun. */
const KEEP_MS = 5_000;
const MOST = 20_000;

/**
 * The newest signals of an instance that is alone, for whoever has begun and was not noticed yet. Older
 * ones are a gap instead: what someone was writing a minute ago is no news, and what lasts is in the
 * Store.
 */
export class SignalReplayBuffer {
  #signals: Signal[] = [];
  #since = 0;
  #gap = false;

  /** `now`: milliseconds that only go forward, for tests. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  hold(signal: Signal): void {
    if (this.#signals.length >= MOST || this.#areOld()) this.#drop();
    if (this.#signals.length === 0) this.#since = this.now();
    this.#signals.push(signal);
  }

  /** `gap`: there were others before. */
  take(): { signals: Signal[]; gap: boolean } {
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
