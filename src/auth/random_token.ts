import { base64url } from "jose";

/** 256 random bits in base64url: nobody guesses one, so a plain hash of it can be stored. */
export function randomToken(): string {
  return base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
}
