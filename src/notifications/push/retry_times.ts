import type { OutboxEntry } from "../../model/outbox_entry.ts";

const FIRST_MS = 5_000;
const LONGEST_MS = 15 * 60_000;
/** A push that is a day old is of no use any more. */
export const GIVE_UP_MS = 24 * 3_600_000;

/**
 * Returns when to retry, or null if the push is given up. The wait doubles, with a random fifth, so
 * that pushes that failed together are not retried together; a time named by the service is
 * respected.
 */
export function retryAt(
  { attempts, createdAt }: Pick<OutboxEntry, "attempts" | "createdAt">,
  now: number,
  afterMs = 0,
  random: () => number = Math.random,
): number | null {
  const backoff = Math.min(FIRST_MS * 2 ** Math.min(attempts, 20), LONGEST_MS);
  const dueAt = now + Math.max(afterMs, backoff * (0.9 + random() / 5));
  return dueAt > createdAt + GIVE_UP_MS ? null : Math.ceil(dueAt);
}
