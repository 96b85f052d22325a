import { retrySchedule } from "../../core/retry_schedule.ts";

/** A push that is a day old is of no use any more. */
export const GIVE_UP_MS = 24 * 3_600_000;

export const retryAt = retrySchedule({
  firstMs: 5_000,
  longestMs: 15 * 60_000,
  giveUpMs: GIVE_UP_MS,
});
