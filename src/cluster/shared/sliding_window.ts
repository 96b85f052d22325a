import type { RateDecision } from "../rate_limiter.ts";
import type { Rate } from "../../api/rate_limits.ts";

/** Uses of a bucket, by fixed windows of the rate's period. */
export interface WindowCounts {
  current: number;
  previous: number;
}

/** Counted from 1970, so that a number means the same window to all instances. */
export function windowOf(now: number, { periodMs }: Rate): number {
  return Math.floor(now / periodMs);
}

/**
 * Returns how many uses lie in the period that ends now, as if those of the previous window were
 * spread evenly over it. The counts of several instances can be added up, which the states of token
 * buckets cannot.
 */
export function usesAt(now: number, rate: Rate, { current, previous }: WindowCounts): number {
  const elapsed = (now % rate.periodMs) / rate.periodMs;
  return current + previous * (1 - elapsed);
}

/** Decides on `asked` more uses; `counts` are the uses before them. */
export function decide(now: number, rate: Rate, counts: WindowCounts, asked: number): RateDecision {
  const room = Math.max(0, Math.floor(rate.count - usesAt(now, rate, counts) + 1e-9));
  const counted = Math.min(asked, room);
  const allowed = counted > 0;
  const windowLeft = rate.periodMs - (now % rate.periodMs);
  const currentAfter = counts.current + counted;
  const any = currentAfter + counts.previous > 0;
  return {
    allowed,
    counted,
    remaining: room - counted,
    resetAfterMs: !any ? 0 : windowLeft + (currentAfter > 0 ? rate.periodMs : 0),
    retryAfterMs: allowed ? 0 : waitFor(rate, counts, windowLeft),
  };
}

/**
 * Returns the milliseconds until one use has left the period: in this window, or else in the next,
 * where this one is the previous.
 */
function waitFor(rate: Rate, { current, previous }: WindowCounts, windowLeft: number): number {
  const room = rate.count - 1;
  if (current <= room && previous > 0) {
    const share = (room - current) / previous;
    return Math.max(1, Math.ceil(windowLeft - share * rate.periodMs));
  }
  const share = current === 0 ? 1 : Math.max(0, room / current);
  return Math.max(1, Math.ceil(windowLeft + (1 - Math.min(1, share)) * rate.periodMs));
}
