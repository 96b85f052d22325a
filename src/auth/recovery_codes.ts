/**
 * Recovery codes stand in for a lost authenticator, each once. A code has 120 random bits (NIST asks for
 * 112), so that a plain hash of it cannot be searched: unlike a password it needs no slow one.
 */

export const RECOVERY_CODE_COUNT = 10;

/** Crockford's base32: no I, L, O or U, which are misread. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH = 24;
/** Codes of earlier releases, of 80 bits, still redeem. */
const ACCEPTED_LENGTHS = [CODE_LENGTH, 16];
const GROUP_LENGTH = 4;

export interface RecoveryCodes {
  /** To be shown once, and never stored. */
  codes: string[];
  /** To be stored, in the same order. */
  hashes: string[];
}

export async function newRecoveryCodes(userId: string): Promise<RecoveryCodes> {
  const codes = Array.from({ length: RECOVERY_CODE_COUNT }, newCode);
  const hashes = await Promise.all(codes.map((code) => hashOf(userId, code)));
  return { codes, hashes };
}

/**
 * The hash under which a code would be stored, or null for what cannot be one. Small letters, other
 * groups and the letters that are misread (O for 0, I and L for 1) are forgiven. The user's id is in
 * the hash, so that one search through a stolen table serves for one person only.
 *
 * The caller removes this hash from those stored, in one step that tells whether it was there.
 */
export async function recoveryCodeHash(userId: string, input: string): Promise<string | null> {
  const code = normalise(input);
  return code === null ? null : await hashOf(userId, code);
}

function newCode(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(CODE_LENGTH));
  // 256 is a multiple of 32: no letter is likelier than another.
  const letters = Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join("");
  return letters.match(new RegExp(`.{${GROUP_LENGTH}}`, "g"))!.join("-");
}

function normalise(input: string): string | null {
  // Longer than any code with separators: not worth the work.
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
