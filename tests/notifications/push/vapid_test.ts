import assert from "node:assert/strict";
import { inspect } from "node:util";
import { generateVapidKeys } from "../../../src/config/dev_secrets.ts";
import { parseVapidKeys, VapidSigner } from "../../../src/notifications/push/web/vapid.ts";

const SUBJECT = "mailto:ops@example.com";

Deno.test("generated VAPID keys have the sizes that browsers expect, and can be parsed", async () => {
  const keys = generateVapidKeys();
  assert.match(keys.publicKey, /^B[\w-]{86}$/);
  assert.match(keys.privateKey, /^[\w-]{43}$/);
  assert.equal((await parseVapidKeys(keys, SUBJECT)).publicKey, keys.publicKey);
});

Deno.test("parseVapidKeys rejects mismatching keys without showing them", async () => {
  const [a, b] = [generateVapidKeys(), generateVapidKeys()];
  const mixed = { publicKey: a.publicKey, privateKey: b.privateKey };
  const swapped = { publicKey: a.privateKey, privateKey: a.publicKey };
  const cut = { ...a, privateKey: a.privateKey.slice(0, -4) };
  for (const keys of [mixed, swapped, cut, { publicKey: "", privateKey: "" }]) {
    const error = await parseVapidKeys(keys, SUBJECT).then(() => null, (fault: Error) => fault);
    assert.match(error?.message ?? "", /^The VAPID .*key/);
    if (keys.privateKey) assert.ok(!inspect(error).includes(keys.privateKey));
  }
});

Deno.test("parseVapidKeys requires a contact as the subject", async () => {
  const keys = generateVapidKeys();
  await parseVapidKeys(keys, "https://example.com/contact");
  for (const subject of ["", "ops@example.com", "mailto:", "http://example.com", "https://"]) {
    await assert.rejects(parseVapidKeys(keys, subject), /subject/, subject);
  }
});

Deno.test("VapidSigner reuses an origin's token until an hour before it expires", async () => {
  let now = Date.now();
  const vapid = await parseVapidKeys(generateVapidKeys(), SUBJECT);
  const signer = new VapidSigner(vapid, { now: () => now });
  const tokenAt = (url: string) => signer.authorization(new URL(url));
  const first = await tokenAt("https://push.example.com/1");
  assert.equal(await tokenAt("https://push.example.com/2"), first);
  assert.notEqual(await tokenAt("https://other.example.com/1"), first);
  now += 11 * 60 * 60 * 1000 + 1000;
  assert.notEqual(await tokenAt("https://push.example.com/1"), first);
});
