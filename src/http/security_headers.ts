/** What holds for everything but pages, which bring a policy of their own. */
const NOTHING_RUNS = "default-src 'none'; frame-ancestors 'none'";

const ALWAYS: [string, string][] = [
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
];

/** Used where the route said nothing itself. */
const UNLESS_SET: [string, string][] = [
  ["content-security-policy", NOTHING_RUNS],
  ["cross-origin-resource-policy", "same-origin"],
  ["x-frame-options", "DENY"],
  ["cache-control", "no-store"],
];

/** `https`: whether the public side is HTTPS, for a browser to remember (half a year). */
export function setSecurityHeaders(headers: Headers, https: boolean): void {
  for (const [name, value] of ALWAYS) headers.set(name, value);
  for (const [name, value] of UNLESS_SET) if (!headers.has(name)) headers.set(name, value);
  if (https) headers.set("strict-transport-security", "max-age=15552000");
}
