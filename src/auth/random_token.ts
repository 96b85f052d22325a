import * as base64url from "jose/base64url";

/**
 * Returns 256 random bits in base64url: too many to guess, so a plain hash of the token can be
 * stored.
 */
export function randomToken(): string {
  return base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
}
