import { createHash } from "node:crypto";

/** A strong tag, with its quotes: it changes when a byte does. */
export function entityTagOf(content: string | Uint8Array): string {
  return `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`;
}

/** True if an If-Match names the tag; a weak one never does (RFC 9110, section 13.1.1). */
export function matchesTag(ifMatch: string, etag: string): boolean {
  const tags = ifMatch.split(",").map((tag) => tag.trim());
  return tags.some((tag) => tag === etag || tag === "*");
}

/**
 * True if an If-None-Match names the tag: the client's copy is current. Weak tags count (RFC 9110,
 * section 13.1.2).
 */
export function namesTag(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  const tags = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.some((tag) => tag === etag || tag === "*");
}
