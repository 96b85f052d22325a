import { fieldError, quote } from "./errors.ts";

/** RFC 5321, section 4.5.3.1: 64 octets before the @ and 254 in all. */
const MAX_LENGTH = 254;
const MAX_LOCAL_LENGTH = 64;

/**
 * `Dot-string` of RFC 5321, section 4.1.2. A quoted one is rejected: its characters can have a
 * meaning in headers.
 */
const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

/** `Domain` of RFC 5321 in ASCII, of two labels at least, the last of which is no number. */
const DOMAIN = /^(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+(?=[a-z0-9-]*[a-z])(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/**
 * True for a single address that can exist on the Internet. Characters with a meaning in a header
 * or in SMTP (white space, controls, comma, brackets, quotes) are rejected, so that an address can
 * never become two, or a header.
 */
export function isMailAddress(address: string): boolean {
  const at = address.lastIndexOf("@");
  const [local, domain] = [address.slice(0, at), asciiDomain(address.slice(at + 1))];
  return at > 0 && local.length <= MAX_LOCAL_LENGTH && LOCAL.test(local) &&
    domain !== null && DOMAIN.test(domain) && octets(address) <= MAX_LENGTH &&
    isDeliverable(address);
}

/**
 * True for a single bare address, including one on an operator's internal host, which
 * `isMailAddress` rejects at registration.
 */
const SENDABLE = /^[^\s\p{C}@<>()[\],;:"\\]+@[^\s\p{C}@<>()[\],;:"\\]+$/u;

/** Throws `AppError("invalid_request")` if the text cannot stand in a header as one address. */
export function checkMailAddress(address: string): void {
  const local = address.slice(0, address.indexOf("@"));
  if (
    SENDABLE.test(address) && octets(address) <= MAX_LENGTH && octets(local) <= MAX_LOCAL_LENGTH
  ) return;
  throw fieldError("invalid_request", "email", `An e-mail address cannot be ${quote(address)}`);
}

/**
 * Returns a domain as DNS has it (RFC 5890): in lower case, other scripts than Latin by their
 * A-labels. Null if it cannot be one.
 */
export function asciiDomain(domain: string): string | null {
  if (!/[\u0080-\uffff]/.test(domain)) return domain.toLowerCase();
  if (/[\s\p{C}\p{Default_Ignorable_Code_Point}/\\?#@:[\]%]/u.test(domain)) return null;
  return URL.parse(`http://${domain}/`)?.hostname ?? null;
}

function octets(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** A header is one line: line breaks and other controls become spaces. */
export function headerText(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
}

/**
 * False for the placeholder of a person without an address (RFC 2606, section 2). None can be
 * registered, or an account that is erased could not take its own.
 */
export function isDeliverable(address: string): boolean {
  const domain = asciiDomain(address.slice(address.lastIndexOf("@") + 1));
  return domain !== null && !domain.endsWith(".invalid");
}
