import type { Bytes } from "./bytes.ts";

/** Methods of ECMAScript 2026, which Deno 2.5 and Node 24 do not have yet. */
interface NativeBase64 {
  fromBase64?(text: string, options: { alphabet: "base64url" }): Bytes;
  prototype: { toBase64?(options: { alphabet: "base64url"; omitPadding: boolean }): string };
}

const native = Uint8Array as unknown as NativeBase64;

/** Arguments that one call of String.fromCharCode is given at most. */
const CHUNK = 0x8000;

/** Encodes as RFC 4648, section 5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  const encode = native.prototype.toBase64;
  if (encode) return encode.call(bytes, { alphabet: "base64url", omitPadding: true });
  let binary = "";
  for (let i = 0; i < bytes.length; i += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  }
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Decodes base64url without padding. Throws a SyntaxError for any other text. */
export function fromBase64Url(text: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) {
    throw new SyntaxError("Cannot decode base64url: invalid text");
  }
  if (native.fromBase64) return native.fromBase64(text, { alphabet: "base64url" });
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** Returns the number of bytes that `text` decodes to: four characters for three bytes. */
export function base64UrlBytes(text: string): number {
  return Math.floor(text.length * 3 / 4);
}
