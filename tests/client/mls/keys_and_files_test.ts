import assert from "node:assert/strict";
import {
  CHUNK_SIZE,
  decryptFile,
  decryptStream,
  encryptFile,
  generateFileSecret,
} from "../../../src/client/mls/encrypted_file.ts";
import { fromBase64Url, toBase64Url, utf8 } from "../../../src/client/mls/encoding.ts";
import { createBackup, restoreBackup } from "../../../src/client/mls/key_backup.ts";
import { memoryKeyStore } from "../../../src/client/mls/key_store.ts";
import {
  formatRecoveryKey,
  generateRecoveryKey,
  parseRecoveryKey,
} from "../../../src/client/mls/recovery_key.ts";
import { formatSafetyNumber, safetyNumber } from "../../../src/client/mls/safety_number.ts";
import { generateDeviceKey, sealedStore } from "../../../src/client/mls/sealed_store.ts";

const unreadable = { name: "MlsClientError", code: "unreadable" };
const bytes = (length: number, seed = 1) => {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 255);
};

for (const size of [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 3 * CHUNK_SIZE]) {
  Deno.test(`a file of ${size} bytes is decrypted, and its ciphertext is a tag longer for each chunk`, async () => {
    const secret = generateFileSecret();
    const sealed = await encryptFile(bytes(size), secret);
    const chunks = Math.max(1, Math.ceil(size / CHUNK_SIZE));
    assert.equal(sealed.length, size + chunks * 16);
    assert.deepEqual(await decryptFile(sealed, secret), bytes(size));
  });
}

Deno.test("a file that was cut off, reordered, extended or altered does not decrypt", async () => {
  const secret = generateFileSecret();
  const sealed = await encryptFile(bytes(2 * CHUNK_SIZE + 100), secret);
  const chunk = CHUNK_SIZE + 16;
  const [first, second, last] = [0, 1, 2].map((i) => sealed.slice(i * chunk, (i + 1) * chunk));
  const join = (...parts: Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));
  const altered = sealed.slice();
  altered[chunk + 5] ^= 1;
  const bad = [
    first,
    join(first, second),
    join(second, first, last),
    join(first, last),
    join(sealed, last),
    sealed.slice(0, -1),
    new Uint8Array(),
    altered,
  ];
  for (const each of bad) await assert.rejects(decryptFile(each, secret), unreadable);
  await assert.rejects(decryptFile(sealed, generateFileSecret()), unreadable);
});

Deno.test("a file decrypts in whatever pieces it arrives", async () => {
  const secret = generateFileSecret();
  const sealed = await encryptFile(bytes(2 * CHUNK_SIZE + 5), secret);
  const pieces = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < sealed.length; at += 9999) {
        controller.enqueue(sealed.subarray(at, at + 9999));
      }
      controller.close();
    },
  });
  const plain: number[] = [];
  const reader = pieces.pipeThrough(decryptStream(secret)).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    plain.push(...next.value);
  }
  assert.deepEqual(new Uint8Array(plain), bytes(2 * CHUNK_SIZE + 5));
});

Deno.test("a sealed store keeps nothing readable, and refuses exchanged entries", async () => {
  const entries = new Map<string, Uint8Array<ArrayBuffer>>();
  const key = await generateDeviceKey();
  assert.equal(key.extractable, false);
  const store = sealedStore(memoryKeyStore(entries), key);
  await store.write({ a: utf8("marked words"), b: utf8("other") });
  for (const value of entries.values()) {
    assert.equal(new TextDecoder().decode(value).includes("marked"), false);
  }
  assert.deepEqual(await store.read("a"), utf8("marked words"));
  assert.equal(await store.read("none"), undefined);
  const [a, b] = [entries.get("a")!, entries.get("b")!];
  entries.set("b", a);
  await assert.rejects(store.read("b"), unreadable);
  entries.set("b", b);
  b[b.length - 1] ^= 1;
  await assert.rejects(store.read("b"), unreadable);
  const other = sealedStore(memoryKeyStore(entries), await generateDeviceKey());
  await assert.rejects(other.read("a"), unreadable);
  await store.write({ a: null });
  assert.deepEqual(await store.names(""), ["b"]);
});

Deno.test("a recovery key is formatted and parsed, and a copying error is found", async () => {
  const key = generateRecoveryKey();
  const text = await formatRecoveryKey(key);
  assert.match(text, /^([0-9A-HJKMNP-TV-Z]{4}-){13}[0-9A-HJKMNP-TV-Z]{4}$/);
  assert.deepEqual(await parseRecoveryKey(text), key);
  assert.deepEqual(await parseRecoveryKey(text.toLowerCase().replaceAll("-", " ")), key);
  const sloppy = text.replaceAll("0", "o").replaceAll("1", "l");
  assert.deepEqual(await parseRecoveryKey(sloppy), key);
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "-") continue;
    const slip = text.slice(0, i) + (text[i] === "7" ? "8" : "7") + text.slice(i + 1);
    await assert.rejects(parseRecoveryKey(slip), unreadable);
  }
  await assert.rejects(parseRecoveryKey(text.slice(0, -1)), unreadable);
  await assert.rejects(parseRecoveryKey("U" + text.slice(1)), unreadable);
});

Deno.test("a backup restores every entry, and nothing with another key", async () => {
  const store = memoryKeyStore();
  await store.write({ one: bytes(10), two: bytes(70_000), empty: new Uint8Array() });
  const key = generateRecoveryKey();
  const backup = await createBackup(store, key);
  const restored = memoryKeyStore();
  await restoreBackup(restored, backup, key);
  assert.deepEqual(await restored.names(""), ["empty", "one", "two"]);
  for (const name of await store.names("")) {
    assert.deepEqual(await restored.read(name), await store.read(name));
  }
  const untouched = memoryKeyStore();
  await assert.rejects(restoreBackup(untouched, backup, generateRecoveryKey()), unreadable);
  for (const at of [0, 4, 5, 36, 37, backup.length - 1]) {
    const altered = backup.slice();
    altered[at] ^= 1;
    await assert.rejects(restoreBackup(untouched, altered, key), unreadable);
    await assert.rejects(restoreBackup(untouched, backup.slice(0, at), key), unreadable);
  }
  assert.deepEqual(await untouched.names(""), []);
  assert.notDeepEqual(await createBackup(store, key), backup);
});

Deno.test("a safety number is the same from both sides, and differs for other keys", async () => {
  const alice = { userId: "alice", signatureKeys: [bytes(32, 1), bytes(32, 2)] };
  const bob = { userId: "bob", signatureKeys: [bytes(32, 3)] };
  const digits = await safetyNumber(alice, bob);
  assert.match(digits, /^\d{60}$/);
  assert.match(formatSafetyNumber(digits), /^(\d{5} ){11}\d{5}$/);
  const turned = { ...alice, signatureKeys: alice.signatureKeys.toReversed() };
  assert.equal(await safetyNumber(bob, turned), digits);
  for (
    const other of [
      { ...bob, userId: "eve" },
      { ...bob, signatureKeys: [bytes(32, 4)] },
      { ...bob, signatureKeys: [bytes(32, 3), bytes(32, 4)] },
    ]
  ) assert.notEqual(await safetyNumber(alice, other), digits);
});

Deno.test("base64url is that of RFC 4648, and nothing else is accepted", () => {
  for (let length = 0; length < 70; length++) {
    const text = toBase64Url(bytes(length));
    assert.match(text, /^[\w-]*$/);
    assert.deepEqual(fromBase64Url(text), bytes(length));
  }
  assert.equal(toBase64Url(Uint8Array.of(251, 255)), "-_8");
  for (const bad of ["-_8=", "+/8", "a", "ab c", "ä"]) {
    assert.throws(() => fromBase64Url(bad), SyntaxError);
  }
});
