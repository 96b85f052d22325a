import assert from "node:assert/strict";
import type { Bytes } from "../../../src/core/bytes.ts";
import { readWhole, TlsReader } from "../../../src/encryption/mls/tls_reader.ts";
import { opaque, uint16, uint32 } from "../../../src/encryption/mls/tls_writer.ts";

const hex = (text: string): Bytes => {
  return Uint8Array.from(text.replaceAll(" ", "").match(/../g) ?? [], (pair) => parseInt(pair, 16));
};
const refused = (message: RegExp) => ({ name: "AppError", code: "invalid_request", message });

Deno.test("TlsReader reads numbers as big-endian and unsigned", () => {
  const reader = new TlsReader(hex("ff fffe fffefdfc 8000000000000001"));
  assert.equal(reader.uint8("a"), 0xff);
  assert.equal(reader.uint16("b"), 0xfffe);
  assert.equal(reader.uint32("c"), 0xfffefdfc);
  assert.equal(reader.uint64("d"), 0x8000000000000001n);
  assert.equal(reader.done, true);
});

Deno.test("TlsReader reads lengths as in RFC 9000, section 16, without the 8-byte form", () => {
  assert.deepEqual(new TlsReader(hex("00")).opaque("x"), hex(""));
  assert.deepEqual(new TlsReader(hex("02 aabb")).opaque("x"), hex("aabb"));
  for (const length of [0, 63, 64, 16383, 16384, 70_000]) {
    const value = new Uint8Array(length).fill(7);
    assert.deepEqual(new TlsReader(opaque(value)).opaque("x"), value);
  }
  assert.deepEqual(opaque(new Uint8Array(64)).subarray(0, 2), hex("4040"));
  assert.deepEqual(opaque(new Uint8Array(16384)).subarray(0, 4), hex("80004000"));
  assert.throws(
    () => new TlsReader(hex("c000000000000000")).opaque("x"),
    refused(/MLS x: .*8-byte/),
  );
});

Deno.test("TlsReader refuses a length that is longer than necessary", () => {
  assert.throws(() => new TlsReader(hex("4001 aa")).opaque("x"), refused(/shortest/));
  const long = new Uint8Array(70);
  long.set(hex("80000040"));
  assert.throws(() => new TlsReader(long).opaque("x"), refused(/shortest/));
});

Deno.test("TlsReader names the field when input is cut off", () => {
  assert.throws(() => new TlsReader(hex("")).uint8("first"), refused(/first: it needs 1 bytes/));
  assert.throws(() => new TlsReader(hex("0001")).uint64("when"), refused(/when/));
  assert.throws(
    () => new TlsReader(hex("05 aabb")).opaque("key"),
    refused(/5 bytes and 2 are left/),
  );
  assert.throws(() => new TlsReader(hex("bfffffff")).opaque("key"), refused(/1073741823 bytes/));
});

Deno.test("TlsReader requires a vector to end at its length, not within an element", () => {
  const read = (text: string) => {
    return new TlsReader(hex(text)).vector("list", (each) => each.uint16("item"));
  };
  assert.deepEqual(read("04 0001 0002"), [1, 2]);
  assert.deepEqual(read("00"), []);
  assert.throws(() => read("03 0001 00 02"), refused(/item/));
});

Deno.test("TlsReader requires a presence of 0 or 1, and refuses bytes after the end", () => {
  const read = (text: string) => {
    return readWhole(hex(text), "all", (r) => r.optional("maybe", (inner) => inner.uint8("v")));
  };
  assert.equal(read("00"), undefined);
  assert.equal(read("0107"), 7);
  assert.throws(() => read("0207"), refused(/maybe: its presence octet is 2/));
  assert.throws(() => read("010700"), refused(/all: 1 bytes follow/));
  assert.deepEqual([uint16(0x1234), uint32(0xffeeddcc)], [hex("1234"), hex("ffeeddcc")]);
});
