import { fieldError } from "../core/errors.ts";
import { COMMON_PASSWORDS } from "./common_passwords.ts";

/** Rules that a password is checked against. */
export interface PasswordRules {
  /** Names that the password must not equal: those of the account, its address and the product. */
  names: readonly string[];
  /** Request field to report in the error. */
  field: string;
}

/** Names shorter than this are part of many good passwords by chance. */
const MIN_NAME_LENGTH = 3;

let common: Set<string> | null = null;

/**
 * Throws `invalid_request` for passwords that attackers guess first (NIST SP 800-63B, section
 * 5.1.1.2): one of the 3,000 most common ones, or the account's own name with or without digits and
 * signs around it.
 */
export function requireGoodPassword(password: string, { names, field }: PasswordRules): void {
  const text = fold(password);
  common ??= new Set(COMMON_PASSWORDS.trim().split(/\s+/));
  if (common.has(text)) {
    throw fieldError(
      "invalid_request",
      field,
      "The password is one of the most common: choose another",
    );
  }
  const bare = bareOf(text);
  const isName = (name: string) => name === text || (name.length > 0 && bareOf(name) === bare);
  const own = names.map(fold).filter((name) => name.length >= MIN_NAME_LENGTH);
  if (bare.length < MIN_NAME_LENGTH || !own.some(isName)) return;
  throw fieldError("invalid_request", field, "The password is the account's name: choose another");
}

const fold = (text: string) => text.normalize("NFKC").toLowerCase().trim();

/** Removes digits and signs at both ends. */
const bareOf = (text: string) => text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, "");
