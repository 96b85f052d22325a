import { createHash } from "node:crypto";
import { type Bytes, concat } from "../../core/bytes.ts";
import { opaque } from "./tls_writer.ts";

/** The primitives of cipher suite 1 that need no secret (RFC 9420, sections 5.1.2 and 5.2). */

/** RFC 9420, section 5.1: Ed25519 public keys are the 32 bytes of RFC 8032. */
export const SIGNATURE_KEY_LENGTH = 32;
export const HASH_LENGTH = 32;

/**
 * VerifyWithLabel: `label` without its prefix "MLS 1.0 ". Also false for a malformed key or
 * signature: callers treat every unverified signature alike.
 */
export async function verifyWithLabel(
  key: Bytes,
  label: string,
  content: Uint8Array,
  signature: Bytes,
): Promise<boolean> {
  try {
    const signed = concat(opaque(ascii(`MLS 1.0 ${label}`)), opaque(content));
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, signature, signed);
  } catch {
    return false;
  }
}

/** RefHash; `label` is passed in full: "MLS 1.0 KeyPackage Reference". */
export function refHash(label: string, value: Uint8Array): Promise<Bytes> {
  return sha256(concat(opaque(ascii(label)), opaque(value)));
}

export async function sha256(value: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", value));
}

/** Synchronous SHA-256, for the many small hashes of a tree. */
export function sha256Now(value: Uint8Array): Bytes {
  return new Uint8Array(createHash("sha256").update(value).digest());
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function ascii(text: string): Bytes {
  return new TextEncoder().encode(text);
}
