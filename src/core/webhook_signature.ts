import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { fromBase64Url } from "./base64url.ts";

/** Signatures of requests after the Standard Webhooks specification (standardwebhooks.com). */
const PREFIX = "whsec_";
const KEY_BYTES = 32;
/** The specification's bounds. */
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;

/** A key that is imported once costs a signature a third less. */
export type SigningKey = Uint8Array | KeyObject;

export interface SignedRequest {
  id: string;
  /** Seconds since 1970. */
  timestamp: number;
  body: string;
}

export function newWebhookSecret(): string {
  return PREFIX + btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(KEY_BYTES))));
}

/** Returns the key of a secret `whsec_<base64 of 24 to 64 bytes>`; null for any other text. */
export function webhookKey(secret: string): Uint8Array | null {
  if (!secret.startsWith(PREFIX)) return null;
  const encoded = secret.slice(PREFIX.length).replace(/=+$/, "");
  if (!/^[A-Za-z0-9+/]+$/.test(encoded)) return null;
  try {
    const key = fromBase64Url(encoded.replaceAll("+", "-").replaceAll("/", "_"));
    return key.length >= MIN_KEY_BYTES && key.length <= MAX_KEY_BYTES ? key : null;
  } catch {
    return null;
  }
}

export function signingKey(key: Uint8Array): SigningKey {
  return createSecretKey(key);
}

/** Returns the three headers; `keys` are those that sign, more than one while a secret rotates. */
export function signatureHeaders(
  request: SignedRequest,
  keys: readonly SigningKey[],
): Record<string, string> {
  return {
    "webhook-id": request.id,
    "webhook-timestamp": String(request.timestamp),
    "webhook-signature": keys.map((key) => `v1,${signatureOf(request, key)}`).join(" "),
  };
}

function signatureOf({ id, timestamp, body }: SignedRequest, key: SigningKey): string {
  return createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
}
