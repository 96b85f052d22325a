import { asciiDomain } from "../core/mail_address.ts";

/** How names and addresses are compared: what people take for the same is the same. */
export function usernameKeyOf(username: string): string {
  return username.normalize("NFKC").toLowerCase();
}

/**
 * Folded whole, the domain as DNS has it. The part before the @ may be case-sensitive (RFC 5321, section
 * 2.4), but no provider of any size treats it so, and two accounts that differ in it would be a trap.
 */
export function emailKeyOf(email: string): string {
  const folded = email.normalize("NFKC").toLowerCase();
  const domain = folded.lastIndexOf("@") + 1;
  return folded.slice(0, domain) + (asciiDomain(folded.slice(domain)) ?? folded.slice(domain));
}
