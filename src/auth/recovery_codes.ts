/**
 * Recovery codes replace a lost authenticator; each works once. A code has 120 random bits (NIST
 * asks for 112), so that a plain hash of it cannot be searched: unlike a password it needs no slow
 * hash.
 */

export const RECOVERY_CODE_COUNT = 10;

/** Crockford's base32: without I, L, O and U, which are easily misread. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH = 24;
/** Codes of earlier releases, with 80 bits, are still accepted. */
const ACCEPTED_LENGTHS = [CODE_LENGTH, 16];
const GROUP_LENGTH = 4;

export interface RecoveryCodes {
  /** Shown to the user once and never stored. */
  codes: string[];
  /** Stored, in the order of `codes`. */
  hashes: string[];
}

export async function newRecoveryCodes(userId: string): Promise<RecoveryCodes> {
  const codes = Array.from({ length: RECOVERY_CODE_COUNT }, newCode);
  const hashes = await Promise.all(codes.map((code) => hashOf(userId, code)));
  return { codes, hashes };
}

/**
 * Returns the hash under which a code would be stored, or null if the input cannot be a code.
 * Lower-case letters, other groupings and misread letters (O for 0, I and L for 1) are accepted.
 * The hash includes the user's id, so that a search through a stolen table works for one user only.
 *
 * The caller removes this hash from the stored ones, in one atomic step that reports whether it was
 * there.
 */
export async function recoveryCodeHash(userId: string, input: string): Promise<string | null> {
  const code = normalise(input);
  return code === null ? null : await hashOf(userId, code);
}

function newCode(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(CODE_LENGTH));
  // 256 is a multiple of 32, so that all letters are equally likely.
  const letters = Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join("");
  return letters.match(new RegExp(`.{${GROUP_LENGTH}}`, "g"))!.join("-");
}

function normalise(input: string): string | null {
  // Longer than any code with separators: rejected without further work.
  if (input.length > 64) return null;
  const code = input.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  return ACCEPTED_LENGTHS.includes(code.length) && [...code].every((one) => ALPHABET.includes(one))
    ? code
    : null;
}

async function hashOf(userId: string, code: string): Promise<string> {
  const text = `recovery code\0${userId}\0${code.replaceAll("-", "")}`;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
