const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/**
 * Parses `Retry-After` (RFC 9110, section 10.2.3: seconds, or an HTTP date) to milliseconds from
 * now, at most a day; returns undefined if it is missing or invalid.
 */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const value = headers.get("retry-after")?.trim();
  if (!value) return undefined;
  const isSeconds = /^\d+$/.test(value);
  // A date begins with its day; `Date.parse` takes "-5" as one, too.
  if (!isSeconds && !/^[a-z]/i.test(value)) return undefined;
  const wait = isSeconds ? Number(value) * 1000 : Date.parse(value) - now;
  if (Number.isNaN(wait)) return undefined;
  return Math.min(Math.max(0, wait), LONGEST_WAIT_MS);
}
