import assert from "node:assert/strict";
import { base64url } from "jose";
import {
  encryptWebPush,
  importSubscriptionKeys,
  MAX_PLAINTEXT_BYTES,
} from "../../../src/notifications/push/web/encryption.ts";
import { BrowserKeys } from "../../support/web_push_decryption.ts";

/** RFC 8291, section 5 and appendix A. */
const VECTOR = {
  plaintext: "When I grow up, I want to be a watermelon",
  senderPublic:
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
  senderPrivate: "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
  p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
  browserPrivate: "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
  auth: "BTBZMqHH6r4Tts7J_aSIgg",
  salt: "DGv6ra1nlYgDCS1FRnbzlw",
  body:
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS" +
    "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4" +
    "a-fN",
};

async function vectorSender(): Promise<CryptoKeyPair> {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const point = new Uint8Array(base64url.decode(VECTOR.senderPublic));
  const jwk = {
    kty: "EC",
    crv: "P-256",
    x: base64url.encode(point.subarray(1, 33)),
    y: base64url.encode(point.subarray(33)),
    d: VECTOR.senderPrivate,
  };
  return {
    publicKey: await crypto.subtle.importKey("raw", point, curve, true, []),
    privateKey: await crypto.subtle.importKey("jwk", jwk, curve, false, ["deriveBits"]),
  };
}

Deno.test("encryptWebPush reproduces the example of RFC 8291 exactly", async () => {
  const body = await encryptWebPush(
    new TextEncoder().encode(VECTOR.plaintext),
    await importSubscriptionKeys(VECTOR),
    { sender: await vectorSender(), salt: new Uint8Array(base64url.decode(VECTOR.salt)) },
  );
  assert.equal(base64url.encode(body), VECTOR.body);
});

Deno.test("the tests' browser decrypts the example of RFC 8291", () => {
  const browser = BrowserKeys.from(VECTOR.browserPrivate, VECTOR.auth);
  assert.equal(browser.p256dh, VECTOR.p256dh);
  assert.equal(browser.decrypt(base64url.decode(VECTOR.body)), VECTOR.plaintext);
});

Deno.test("encryptWebPush turns the longest plaintext into 4,096 bytes, and rejects a longer one", async () => {
  const browser = BrowserKeys.generate();
  const keys = await importSubscriptionKeys(browser);
  const longest = new Uint8Array(MAX_PLAINTEXT_BYTES).fill(97);
  const body = await encryptWebPush(longest, keys);
  assert.equal(body.length, 4096);
  assert.equal(browser.decrypt(body), "a".repeat(MAX_PLAINTEXT_BYTES));
  await assert.rejects(encryptWebPush(new Uint8Array(MAX_PLAINTEXT_BYTES + 1), keys), RangeError);
});

Deno.test("encryptWebPush uses a new key and salt for each push", async () => {
  const keys = await importSubscriptionKeys(BrowserKeys.generate());
  const [a, b] = [
    await encryptWebPush(new Uint8Array(1), keys),
    await encryptWebPush(new Uint8Array(1), keys),
  ];
  assert.notDeepEqual(a.subarray(0, 16), b.subarray(0, 16));
  assert.notDeepEqual(a.subarray(21, 86), b.subarray(21, 86));
});

Deno.test("importSubscriptionKeys rejects invalid keys and names the field", async () => {
  const good = BrowserKeys.generate();
  const bad = [
    { p256dh: good.p256dh.slice(0, -2), auth: good.auth },
    { p256dh: base64url.encode(new Uint8Array(65).fill(4)), auth: good.auth },
    { p256dh: good.p256dh, auth: "not base64url!" },
  ];
  for (const keys of bad) {
    await assert.rejects(importSubscriptionKeys(keys), { code: "invalid_request" });
  }
});
