/**
 * Names that never lead out of a private network (RFC 6761, RFC 6762, RFC 8375, and common ones).
 */
const PRIVATE_SUFFIXES = new Set([
  "localhost",
  "local",
  "internal",
  "intranet",
  "private",
  "corp",
  "home",
  "lan",
  "arpa",
  "test",
  "example",
  "invalid",
  "onion",
]);

/**
 * True for a host name, as the URL parser writes it, that may be on the public internet. URL
 * parsing has already normalized every spelling of an IPv4 address (octal, hex) to four decimal
 * numbers.
 */
export function isPublicName(hostname: string): boolean {
  const labels = hostname.replace(/\.$/, "").split(".");
  const last = labels.at(-1)!;
  return labels.length >= 2 && /^[a-z]/.test(last) && !PRIVATE_SUFFIXES.has(last);
}
