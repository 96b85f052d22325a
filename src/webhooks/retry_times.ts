import { retrySchedule } from "../core/retry_schedule.ts";

/** A delivery is retried for three days. */
export const GIVE_UP_MS = 3 * 24 * 3_600_000;

export const retryAt = retrySchedule({
  firstMs: 3_000,
  longestMs: 3_600_000,
  giveUpMs: GIVE_UP_MS,
});
