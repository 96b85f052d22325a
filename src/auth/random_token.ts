import { toBase64Url } from "../core/base64url.ts";

/**
 * Returns 256 random bits in base64url: too many to guess, so a plain hash of the token can be
 * stored.
 */
export function randomToken(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}
