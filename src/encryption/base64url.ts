import { Buffer } from "node:buffer";
import type { Bytes } from "../core/bytes.ts";

/** Of text that a schema has held to base64url without padding. */
export function fromBase64Url(text: string): Bytes {
  // A copy of its own: small buffers of Node lie together in one large one.
  return new Uint8Array(Buffer.from(text, "base64url"));
}

export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/** How many bytes the text stands for: four characters for three bytes. */
export function base64UrlBytes(text: string): number {
  return Math.floor(text.length * 3 / 4);
}
