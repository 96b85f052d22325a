/**
 * X25519 keys with which every shared secret is zero: the list of cr.yp.to/ecdh.html, in all
 * encodings of 32 bytes that RFC 7748 reads as one of them (the highest bit is ignored).
 */
const CANONICAL = {
  "0": "0000000000000000000000000000000000000000000000000000000000000000",
  "1": "0100000000000000000000000000000000000000000000000000000000000000",
  "a point of order 8": "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "the other of order 8": "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "p - 1": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  p: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "p + 1": "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

export const SMALL_ORDER_KEYS: Record<string, Uint8Array<ArrayBuffer>> = Object.fromEntries(
  Object.entries(CANONICAL).flatMap(([name, hex]) => {
    const key = Uint8Array.from(hex.match(/../g)!, (byte) => parseInt(byte, 16));
    const other = key.slice();
    other[31] |= 0x80;
    return [[name, key], [`${name} with its highest bit set`, other]];
  }),
);
