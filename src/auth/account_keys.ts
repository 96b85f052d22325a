import { asciiDomain } from "../core/mail_address.ts";

/** Normalizes a username for comparison: names that look the same to a reader have the same key. */
export function usernameKeyOf(username: string): string {
  return username.normalize("NFKC").toLowerCase();
}

/**
 * Normalizes an address for comparison: the whole address case-folded, the domain in its DNS form.
 * The part before the @ may be case-sensitive (RFC 5321, section 2.4), but no large provider treats
 * it so, and two accounts whose addresses differ only in case would be a trap.
 */
export function emailKeyOf(email: string): string {
  const folded = email.normalize("NFKC").toLowerCase();
  const domain = folded.lastIndexOf("@") + 1;
  return folded.slice(0, domain) + (asciiDomain(folded.slice(domain)) ?? folded.slice(domain));
}
