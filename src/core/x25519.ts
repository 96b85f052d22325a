/** Bytes of an X25519 public key (RFC 7748, section 5). */
const X25519_KEY_LENGTH = 32;

/**
 * The u-coordinates of small order (RFC 7748, section 6.1), on the curve and on its twist, each in
 * its canonical form: 0, 1, p - 1 and the two of order 8. A secret agreed with one of them is zero
 * whatever the other side's key is, so implementations fail, or agree with anybody.
 */
const SMALL_ORDER = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

/**
 * Names a key's u-coordinate: equal for all encodings of one key. RFC 7748 has receivers ignore the
 * highest bit and reduce modulo p = 2^255 - 19, so that one key has up to four encodings.
 */
export function x25519Name(key: Uint8Array): string {
  const reduced = key.slice();
  reduced[31] &= 0x7f;
  const isPastP = reduced[0] >= 0xed && reduced[31] === 0x7f &&
    reduced.subarray(1, 31).every((byte) => byte === 0xff);
  if (isPastP) {
    const rest = reduced[0] - 0xed;
    reduced.fill(0)[0] = rest;
  }
  return toHex(reduced);
}

/** The first bytes of all encodings of small order, which identify most keys at once. */
const FIRST_BYTES = new Set([0x00, 0x01, 0xe0, 0x5f, 0xec, 0xed, 0xee]);

/** Returns why the bytes are no usable public key or KEM output of X25519, or null. */
export function x25519Fault(key: Uint8Array): string | null {
  if (key.length !== X25519_KEY_LENGTH) return `it has ${key.length} bytes, not 32`;
  const isSmall = FIRST_BYTES.has(key[0]) && SMALL_ORDER.has(x25519Name(key));
  return isSmall ? "it is an X25519 key of small order" : null;
}

function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += HEX[byte];
  return hex;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
