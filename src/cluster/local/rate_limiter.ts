import { type Clock, systemClock } from "../../core/clock.ts";
import type { RateDecision, RateLimiter } from "../rate_limiter.ts";
import type { Rate } from "../../api/rate_limits.ts";

/**
 * Milliseconds by which a use may come early. Sums of intervals are rounded: without it about half
 * of all counts would allow one use less than they say.
 */
const TOLERANCE_MS = 0.5;

/**
 * Applies the generic cell rate algorithm: a bucket is one number, its theoretical arrival time,
 * the moment at which it would be full again. It allows the same as a token bucket, without a
 * timer.
 */
function gcra(
  fullAt: number | undefined,
  now: number,
  rate: Rate,
  uses: number,
): RateDecision & { fullAt: number } {
  const interval = rate.periodMs / rate.count;
  // A clock set back, or a lowered limit, must not close a bucket for longer than its period.
  const before = Math.min(Math.max(fullAt ?? now, now), now + rate.periodMs);
  const room = Math.floor((now + rate.periodMs - before + TOLERANCE_MS) / interval);
  const counted = Math.min(uses, Math.max(0, room));
  const allowed = counted > 0;
  const standing = before + counted * interval;
  return {
    allowed,
    counted,
    remaining: Math.max(0, room) - counted,
    resetAfterMs: standing - now,
    retryAfterMs: allowed ? 0 : before + interval - rate.periodMs - now,
    fullAt: standing,
  };
}

/**
 * The limits of one instance. At most `maxBuckets` are kept: buckets that are full again are
 * dropped first, and then the oldest ones, which is lenient to them and bounds memory.
 */
export class MemoryRateLimiter implements RateLimiter {
  readonly #fullAt = new Map<string, number>();

  constructor(
    private readonly clock: Clock = systemClock,
    private readonly maxBuckets = 100_000,
  ) {}

  consume(bucket: string, rate: Rate, uses = 1): RateDecision {
    const now = this.clock.now();
    const stored = this.#fullAt.get(bucket);
    const { fullAt, ...decision } = gcra(stored, now, rate, uses);
    if (stored === undefined && this.#fullAt.size >= this.maxBuckets) this.#makeRoom(now);
    this.#fullAt.set(bucket, fullAt);
    return decision;
  }

  refund(bucket: string, rate: Rate): void {
    const stored = this.#fullAt.get(bucket);
    if (stored !== undefined) this.#fullAt.set(bucket, stored - rate.periodMs / rate.count);
  }

  #makeRoom(now: number): void {
    for (const [bucket, fullAt] of this.#fullAt) {
      if (fullAt <= now) this.#fullAt.delete(bucket);
    }
    // Drops a tenth at a time, so that a flood of new addresses does not cause a sweep for each
    // request.
    const excess = this.#fullAt.size - Math.floor(this.maxBuckets * 0.9);
    if (excess <= 0) return;
    let left = excess;
    for (const bucket of this.#fullAt.keys()) {
      if (left-- === 0) break;
      this.#fullAt.delete(bucket);
    }
  }
}
