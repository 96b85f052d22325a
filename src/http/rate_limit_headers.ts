import type { Trace } from "../operations/dispatcher.ts";

/**
 * Sets `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers: q is the quota,
 * w its window in seconds, r the remaining calls, t the seconds until the whole quota is available
 * again. A refusal has one waiting time, that of Retry-After, whichever limit refused the call.
 */
export function setRateLimitHeaders(
  headers: Headers,
  { rate: counted }: Trace,
  status: number,
): void {
  if (counted === undefined) return;
  const { name, rate, decision } = counted;
  const window = Math.ceil(rate.periodMs / 1000);
  const reset = Math.ceil(decision.resetAfterMs / 1000);
  const wait = status === 429 ? headers.get("retry-after") : null;
  const left = wait === null ? `r=${decision.remaining};t=${reset}` : `r=0;t=${wait}`;
  headers.set("ratelimit-policy", `"${name}";q=${rate.count};w=${window}`);
  headers.set("ratelimit", `"${name}";${left}`);
}
