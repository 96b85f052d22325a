import assert from "node:assert/strict";
import {
  checkKeyPackage,
  expiresAt,
  isLastResort,
  keyPackageRef,
  parseKeyPackage,
} from "../../../src/encryption/mls/key_package.ts";
import { newId } from "../../../src/core/ids.ts";
import {
  buildKeyPackage,
  deviceId,
  join,
  type KeyPackageFields,
  NOW,
  signatureKey,
  userId,
  vec,
} from "./built_key_package.ts";

const owner = { userId, deviceId, signatureKey };

async function check(fields: Partial<KeyPackageFields>): Promise<void> {
  await checkKeyPackage(parseKeyPackage(await buildKeyPackage(fields)), owner, NOW);
}

Deno.test("a key package is parsed, bare and in an MLSMessage, to its last byte", async () => {
  const bare = await buildKeyPackage();
  const parsed = parseKeyPackage(bare);
  await checkKeyPackage(parsed, owner, NOW);
  assert.deepEqual(parsed.initKey, new Uint8Array(32).fill(1));
  assert.deepEqual(parsed.leafNode.encryptionKey, new Uint8Array(32).fill(2));
  assert.deepEqual(parsed.leafNode.signatureKey, signatureKey);
  assert.deepEqual(parsed.leafNode.capabilities.cipherSuites, [1, 0x0a0a]);
  assert.equal(expiresAt(parsed), NOW + 3_600_000);
  const wrapped = parseKeyPackage(join(Uint8Array.of(0, 1, 0, 5), bare));
  assert.deepEqual(wrapped.encoded, bare);
  assert.deepEqual(await keyPackageRef(wrapped), await keyPackageRef(parsed));
  assert.throws(() => parseKeyPackage(join(bare, Uint8Array.of(0))), { code: "invalid_request" });
});

Deno.test("the reference of a key package is RefHash over the bare KeyPackage", async () => {
  const bare = await buildKeyPackage();
  const label = new TextEncoder().encode("MLS 1.0 KeyPackage Reference");
  const expected = await crypto.subtle.digest("SHA-256", join(vec(label), vec(bare)));
  assert.deepEqual(await keyPackageRef(parseKeyPackage(bare)), new Uint8Array(expected));
});

Deno.test("the last-resort extension is recognized, and other extensions are ignored", async () => {
  const last = await buildKeyPackage({ extensions: [[0x000a, new Uint8Array()]] });
  assert.equal(isLastResort(parseKeyPackage(last)), true);
  assert.equal(isLastResort(parseKeyPackage(await buildKeyPackage())), false);
  await check({ extensions: [[0x000a, new Uint8Array()]] });
});

const seconds = NOW / 1000;
const refusals: [string, Partial<KeyPackageFields>, RegExp][] = [
  ["another protocol version", { version: 2 }, /key_package\.version: 2/],
  ["another cipher suite", { suite: 3 }, /cipher_suite: 3/],
  ["an X.509 credential", { credentialType: 2 }, /credential_type/],
  ["another user", { identity: `${newId()}/${deviceId}` }, /credential\.identity/],
  ["another device", { identity: `${userId}/${newId()}` }, /credential\.identity/],
  ["an identity of another form", { identity: userId }, /is not <userId>\/<deviceId>/],
  ["another signature key", { signatureKey: new Uint8Array(32) }, /signature_key/],
  ["a short signature key", { signatureKey: new Uint8Array(31) }, /31 bytes/],
  ["a leaf of an update", { source: 2 }, /leaf_node_source/],
  ["a leaf of a commit", { source: 3 }, /leaf_node_source/],
  ["an unknown source", { source: 9 }, /leaf_node_source/],
  ["the future", { notBefore: seconds + 7200, notAfter: seconds + 9000 }, /not_before/],
  ["the next second", { notBefore: seconds + 1 }, /not_before/],
  ["the past", { notAfter: seconds - 1 }, /not_after/],
  ["an end that is now", { notAfter: seconds }, /not_after/],
  ["too long a lifetime", { notAfter: seconds + 500 * 86400 }, /not_after/],
  ["one key for both uses", { initKey: new Uint8Array(32).fill(2) }, /init_key/],
  ["a short init key", { initKey: new Uint8Array(8) }, /init_key/],
  ["a short encryption key", { encryptionKey: new Uint8Array(8) }, /encryption_key/],
  ["no mls10", { versions: [7] }, /versions/],
  ["no suite 1", { suites: [2] }, /cipher_suites/],
  ["no basic credential", { credentials: [2] }, /credentials/],
  ["an extension it does not list", { leafExtensions: [[77, new Uint8Array()]] }, /77/],
  ["an extension twice", {
    extensions: [[10, new Uint8Array()], [10, new Uint8Array()]],
  }, /twice/],
  [
    "a leaf signed as something else",
    { leafLabel: "MLS 1.0 KeyPackageTBS" },
    /leaf_node\.signature/,
  ],
  ["a package signed as something else", { label: "KeyPackageTBS" }, /key_package\.signature/],
];
for (const [name, fields, message] of refusals) {
  Deno.test(`a key package with ${name} is refused`, async () => {
    await assert.rejects(() => check(fields), { code: "invalid_request", message });
  });
}

Deno.test("a key package is good from its first second until before its last", async () => {
  await check({ notBefore: seconds });
  await check({ notAfter: seconds + 1 });
});

Deno.test("every flipped bit makes a key package invalid, without another effect", async () => {
  const good = await buildKeyPackage();
  for (let at = 0; at < good.length; at++) {
    const bad = good.slice();
    bad[at] ^= 1 << (at % 8);
    const verdict = async () => {
      await checkKeyPackage(parseKeyPackage(bad), owner, NOW);
    };
    await assert.rejects(verdict, { name: "AppError", code: "invalid_request" }, `byte ${at}`);
    assert.throws(() => parseKeyPackage(good.slice(0, at)), { code: "invalid_request" });
  }
});
