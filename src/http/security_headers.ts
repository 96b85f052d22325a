/** Content security policy of every response except pages, which set their own policy. */
const NOTHING_RUNS = "default-src 'none'; frame-ancestors 'none'";

const ALWAYS: [string, string][] = [
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
];

/** Set only if the route has not set the header itself. */
const UNLESS_SET: [string, string][] = [
  ["content-security-policy", NOTHING_RUNS],
  ["cross-origin-resource-policy", "same-origin"],
  ["x-frame-options", "DENY"],
  ["cache-control", "no-store"],
];

/** `https`: true if the public URL uses HTTPS, which browsers then remember for half a year. */
export function setSecurityHeaders(headers: Headers, https: boolean): void {
  for (const [name, value] of ALWAYS) headers.set(name, value);
  for (const [name, value] of UNLESS_SET) if (!headers.has(name)) headers.set(name, value);
  if (https) headers.set("strict-transport-security", "max-age=15552000");
}
