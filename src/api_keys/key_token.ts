import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { isId } from "../core/ids.ts";

/** Starts every key, so that scanners of source code and logs recognize a leaked one. */
const PREFIX = "rtc_";
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 43 characters of 62 are 256 random bits. */
const SECRET_LENGTH = 43;
const TOKEN = /^rtc_([0-9a-f]{32})_([0-9A-Za-z]{43})$/;

/** True for anything that is meant as an API key, well-formed or not. */
export function looksLikeKey(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** Returns a key in the form `rtc_<id>_<secret>`. */
export function keyTokenOf(id: string, secret: string): string {
  return `${PREFIX}${id.replaceAll("-", "")}_${secret}`;
}

/** Returns the parts of a well-formed key; null for any other text. */
export function parseKeyToken(token: string): { id: string; secret: string } | null {
  const match = TOKEN.exec(token);
  if (match === null) return null;
  const id = match[1].replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return isId(id) ? { id, secret: match[2] } : null;
}

/** Letters and digits only, so that a double click selects all of them. */
export function newSecret(): string {
  let secret = "";
  while (secret.length < SECRET_LENGTH) {
    for (const byte of randomBytes(64)) {
      // 248 is the largest multiple of 62 in a byte: the rest would make some letters more likely.
      if (byte < 248 && secret.length < SECRET_LENGTH) secret += ALPHABET[byte % 62];
    }
  }
  return secret;
}

/** A plain hash is enough for 256 random bits, which cannot be guessed. */
export function secretHashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** Compares in constant time. */
export function isSameHash(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => new TextEncoder().encode(text));
  return left.length === right.length && timingSafeEqual(left, right);
}
