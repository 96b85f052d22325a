import { type Bytes, concat } from "../../core/bytes.ts";

/** The few encodings that are input of signatures and hashes (RFC 9420, section 2.1). */

export function uint8(value: number): Bytes {
  return Uint8Array.of(value);
}

export function uint16(value: number): Bytes {
  return Uint8Array.of(value >> 8, value);
}

export function uint32(value: number): Bytes {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

export function uint64(value: bigint): Bytes {
  return concat(uint32(Number(value >> 32n)), uint32(Number(value & 0xffffffffn)));
}

/** `opaque<V>` with the shortest length that fits; throws a RangeError from 2^30 bytes. */
export function opaque(value: Uint8Array): Bytes {
  return concat(vectorLength(value.length), value);
}

function vectorLength(length: number): Bytes {
  if (length < 1 << 6) return uint8(length);
  if (length < 1 << 14) return uint16(length | 0x4000);
  if (length < 2 ** 30) return uint32((length | 0x80000000) >>> 0);
  throw new RangeError(`A vector of ${length} bytes is too long for RFC 9420`);
}
