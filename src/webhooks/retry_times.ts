import type { WebhookDelivery } from "../model/webhook.ts";

const FIRST_MS = 3_000;
const LONGEST_MS = 3_600_000;
/** A delivery is retried for three days. */
export const GIVE_UP_MS = 3 * 24 * 3_600_000;

/**
 * Returns when to retry, or null if the delivery is given up. The wait doubles, with a random
 * fifth; a time named by the endpoint is respected.
 */
export function retryAt(
  { attempts, createdAt }: Pick<WebhookDelivery, "attempts" | "createdAt">,
  now: number,
  afterMs = 0,
  random: () => number = Math.random,
): number | null {
  const backoff = Math.min(FIRST_MS * 2 ** Math.min(attempts, 20), LONGEST_MS);
  const dueAt = now + Math.max(afterMs, backoff * (0.9 + random() / 5));
  return dueAt > createdAt + GIVE_UP_MS ? null : Math.ceil(dueAt);
}
