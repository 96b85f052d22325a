export interface RetryScheduleOptions {
  /** Milliseconds before the first retry; the wait doubles each time, up to `longestMs`. */
  firstMs: number;
  longestMs: number;
  /** Milliseconds after which no retry begins. */
  giveUpMs: number;
}

export interface Tried {
  /** Number of attempts that have failed. */
  attempts: number;
  createdAt: number;
}

/**
 * Returns when to retry, or null if no retry begins any more. `afterMs` is a wait that the receiver
 * has asked for.
 */
export type RetryAt = (
  tried: Tried,
  now: number,
  afterMs?: number,
  random?: () => number,
) => number | null;

/** A random fifth of each wait keeps what failed together from being retried together. */
export function retrySchedule({ firstMs, longestMs, giveUpMs }: RetryScheduleOptions): RetryAt {
  return ({ attempts, createdAt }, now, afterMs = 0, random = Math.random) => {
    const backoff = Math.min(firstMs * 2 ** Math.min(attempts, 20), longestMs);
    const dueAt = now + Math.max(afterMs, backoff * (0.9 + random() / 5));
    return dueAt > createdAt + giveUpMs ? null : Math.ceil(dueAt);
  };
}
