import type { Trace } from "../operations/dispatcher.ts";

/**
 * `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers: q is the quota, w its
 * window, r what remains, t the seconds until the whole quota is there again. A refusal has one time to
 * wait, whichever limit refused: that of Retry-After.
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
