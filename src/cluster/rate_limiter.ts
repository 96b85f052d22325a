import type { Rate } from "../api/rate_limits.ts";
import { rateLimited } from "../core/errors.ts";

/** State of a limit after uses have been counted (or, if refused, have not been counted). */
export interface RateDecision {
  readonly allowed: boolean;
  /** Number of uses that were counted; 0 if refused. */
  readonly counted: number;
  /** Number of requests that would be allowed right now. */
  readonly remaining: number;
  /** Milliseconds until the whole of the limit is available again. */
  readonly resetAfterMs: number;
  /** Milliseconds until the next request would be allowed; 0 when this one was. */
  readonly retryAfterMs: number;
}

/**
 * Counts requests by bucket (`login:203.0.113.9`, `send:<userId>`). A bucket that was never used is
 * full. Adapters decide even when the state that instances share cannot be reached: a limiter may
 * be lenient for a while, and may not stop the service.
 */
export interface RateLimiter {
  /** Counts up to `uses` uses, as many as there is room for; refuses only if it counted none. */
  consume(bucket: string, rate: Rate, uses?: number): RateDecision | Promise<RateDecision>;
  /** Undoes one allowed `consume`: it turned out not to be subject to the limit. */
  refund(bucket: string, rate: Rate): void | Promise<void>;
}

/** Counts one use; throws `rate_limited` if it is refused. `what` says what is refused, and why. */
export async function requireUse(
  limiter: RateLimiter,
  bucket: string,
  rate: Rate,
  what: string,
): Promise<void> {
  const { allowed, retryAfterMs } = await limiter.consume(bucket, rate);
  if (!allowed) throw rateLimited(what, retryAfterMs);
}
