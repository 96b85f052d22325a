import { concat } from "../../core/bytes.ts";

export { fromBase64Url, toBase64Url } from "../../core/base64url.ts";
export { fromUtf8, utf8 } from "../utf8.ts";

/**
 * Bytes over a plain ArrayBuffer, the only kind that Web Crypto accepts. Not the type of `core`,
 * because the package's types must need nothing from outside the client.
 */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Returns a copy for Web Crypto, of bytes that may be over any buffer. */
export function ownBytes(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes);
}

/** Compares in a time that does not reveal where the bytes differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}

/**
 * Joins parts, each preceded by its length (32 bits, big-endian), in a format that only this client
 * reads.
 */
export function packParts(parts: Uint8Array[]): Bytes {
  const lengths = parts.map(({ length }) => {
    return Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length);
  });
  return concat(...parts.flatMap((part, i) => [lengths[i], part]));
}

/** Throws a RangeError if the lengths do not add up. */
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
