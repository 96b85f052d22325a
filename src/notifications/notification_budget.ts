import type { Clock } from "../core/clock.ts";

/**
 * Maximum number of notifications of one kind, by one person to another about one thing, in an
 * hour.
 */
const MAX_PER_HOUR = 5;
const HOUR_MS = 3_600_000;
/** Maximum number of counts in memory; the oldest ones are dropped. */
const MAX_COUNTS = 20_000;

interface Count {
  since: number;
  used: number;
}

/**
 * Bounds the notifications of what a person can do, undo and do again: a reaction, a mention by an
 * edit, a membership, a role. Each repeat would be another push, and some bypass the mute. Each
 * instance counts alone: the bound need not be exact, and a shared count would cost a write for
 * each reaction.
 */
export class NotificationBudget {
  readonly #counts = new Map<string, Count>();

  constructor(private readonly clock: Clock) {}

  /** Counts one notification; false if the hour's notifications are used up. */
  take(key: string): boolean {
    const now = this.clock.now();
    const count = this.#counts.get(key);
    if (!count || now - count.since >= HOUR_MS || now < count.since) {
      this.#start(key, now);
      return true;
    }
    if (count.used >= MAX_PER_HOUR) return false;
    count.used++;
    return true;
  }

  #start(key: string, now: number): void {
    // Again at the end, so that the first key is the one whose hour began first.
    this.#counts.delete(key);
    this.#counts.set(key, { since: now, used: 1 });
    if (this.#counts.size <= MAX_COUNTS) return;
    const [oldest] = this.#counts.keys();
    this.#counts.delete(oldest);
  }
}
