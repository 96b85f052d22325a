import { concat } from "../../core/bytes.ts";
import type { Bytes } from "./encoding.ts";
import { MlsClientError } from "./mls_client_error.ts";

/** Crockford's base 32: without I, L, O and U, so that handwriting is unambiguous. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const KEY_LENGTH = 32;
const CHECK_LENGTH = 3;

/** Returns 256 random bits. They are sufficient to read the backup, and necessary. */
export function generateRecoveryKey(): Bytes {
  return crypto.getRandomValues(new Uint8Array(KEY_LENGTH));
}

/** Returns 14 groups of four, with 24 bits of SHA-256 at their end that reveal copying errors. */
export async function formatRecoveryKey(key: Bytes): Promise<string> {
  const bytes = concat(key, await checksum(key));
  let bits = 0n;
  for (const byte of bytes) bits = bits << 8n | BigInt(byte);
  let text = "";
  for (let i = 0; i < bytes.length * 8; i += 5) {
    text = ALPHABET[Number(bits & 31n)] + text;
    bits >>= 5n;
  }
  return text.match(/.{4}/g)!.join("-");
}

/** Accepts small letters, O for 0, I and L for 1, and spaces and dashes anywhere. */
export async function parseRecoveryKey(text: string): Promise<Bytes> {
  const clean = text.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  const length = KEY_LENGTH + CHECK_LENGTH;
  if (clean.length !== length * 8 / 5) {
    throw new MlsClientError("unreadable", "Read the recovery key: it has 56 letters and digits");
  }
  let bits = 0n;
  for (const char of clean) {
    const value = ALPHABET.indexOf(char);
    if (value < 0) {
      throw new MlsClientError("unreadable", "Read the recovery key: an odd character");
    }
    bits = bits << 5n | BigInt(value);
  }
  const bytes = new Uint8Array(length);
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(bits & 255n);
    bits >>= 8n;
  }
  const key = bytes.slice(0, KEY_LENGTH);
  const check = await checksum(key);
  if (check.every((byte, i) => byte === bytes[KEY_LENGTH + i])) return key;
  throw new MlsClientError("unreadable", "Read the recovery key: a character is not as it was");
}

async function checksum(key: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", key)).slice(0, CHECK_LENGTH);
}
