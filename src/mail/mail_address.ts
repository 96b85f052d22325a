import { fieldError, quote } from "../core/errors.ts";

/** RFC 5321, section 4.5.3.1: 64 octets before the @ and 254 in all. */
const MAX_LENGTH = 254;
const MAX_LOCAL_LENGTH = 64;

/**
 * Exactly one bare address. What has a meaning in a header or in SMTP (white space, controls,
 * comma, brackets, quotes) is refused, so that an address can never become two, or a header.
 */
const ADDRESS = /^[^\s\p{C}@<>()[\],;:"\\]+@[^\s\p{C}@<>()[\],;:"\\]+$/u;

/** Throws `AppError("invalid_request")`. */
export function checkMailAddress(address: string): void {
  const octets = (text: string) => new TextEncoder().encode(text).length;
  const local = address.slice(0, address.indexOf("@"));
  if (ADDRESS.test(address) && octets(address) <= MAX_LENGTH && octets(local) <= MAX_LOCAL_LENGTH) {
    return;
  }
  throw fieldError("invalid_request", "email", `An e-mail address cannot be ${quote(address)}`);
}

/** A header is one line: line breaks and other controls become spaces. */
export function headerText(text: string): string {
  return text.toWellFormed().replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
}
