import { concat } from "../../core/bytes.ts";

/**
 * Bytes over a plain ArrayBuffer: the only kind that Web Crypto takes. Not that of `core`, since the
 * bundle's types are to need nothing from outside the client.
 */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A copy that Web Crypto takes, of bytes that may lie over any buffer. */
export function ownBytes(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes);
}

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Throws a TypeError for what is not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** RFC 4648, section 5, without padding: how MLS objects and keys travel. */
export function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  // In steps, as a call takes only so many arguments.
  for (let i = 0; i < bytes.length; i += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  }
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Throws a SyntaxError for anything but unpadded base64url. */
export function fromBase64Url(text: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) {
    throw new SyntaxError("Decode base64url: there is a character that does not belong");
  }
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** In a time that tells nothing of where they differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}

/** Parts with their lengths before them (32 bits, big-endian): for what only this client reads. */
export function packParts(parts: Uint8Array[]): Bytes {
  const lengths = parts.map(({ length }) => {
    return Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length);
  });
  return concat(...parts.flatMap((part, i) => [lengths[i], part]));
}

/** Throws a RangeError when the lengths do not add up. */
export function unpackParts(packed: Bytes): Bytes[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const parts: Bytes[] = [];
  for (let at = 0; at < packed.length;) {
    const end = at + 4 + view.getUint32(at);
    if (end > packed.length) throw new RangeError("Read stored parts: the last one is cut off");
    parts.push(packed.slice(at + 4, end));
    at = end;
  }
  return parts;
}
