import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { isId } from "../core/ids.ts";

/** Starts every token, so that scanners of source code and logs recognize a leaked one. */
const TOKEN = /^rtcbot_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

/** Returns 256 random bits. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

export function botTokenOf(id: string, secret: string): string {
  return `rtcbot_${id.replaceAll("-", "")}_${secret}`;
}

/** Returns the parts of a well-formed token; null for any other text. */
export function parseBotToken(token: string): { id: string; secret: string } | null {
  const match = TOKEN.exec(token);
  if (match === null) return null;
  const id = match[1].replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return isId(id) ? { id, secret: match[2] } : null;
}

/** A plain hash is enough for 256 random bits, which cannot be guessed. */
export function secretHashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** Compares in constant time. */
export function hasSecret(hash: string, secret: string): boolean {
  const [left, right] = [hash, secretHashOf(secret)].map((text) => new TextEncoder().encode(text));
  return left.length === right.length && timingSafeEqual(left, right);
}
