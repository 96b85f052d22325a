import type { Rate } from "../api/rate_limits.ts";

/** How a request stands to its limit once it has been counted (or, if refused, was not). */
export interface RateDecision {
  readonly allowed: boolean;
  /** Requests that would be allowed right now. */
  readonly remaining: number;
  /** Milliseconds until the whole of the limit is available again. */
  readonly resetAfterMs: number;
  /** Milliseconds until the next request would be allowed; 0 when this one was. */
  readonly retryAfterMs: number;
}

/**
 * Counts requests by bucket (`login:203.0.113.9`, `send:<userId>`). A bucket that was never seen is
 * full. Adapters answer even when what they share between instances is out of reach: a limiter may
 * be lenient for a while, and may not stop the service.
 */
export interface RateLimiter {
  take(bucket: string, rate: Rate): RateDecision | Promise<RateDecision>;
  /** Undoes one `take` that was allowed: it turned out not to be what the limit is about. */
  refund(bucket: string, rate: Rate): void | Promise<void>;
}
