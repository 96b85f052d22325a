import assert from "node:assert/strict";
import { generateVapidKeys } from "../../src/config/dev_secrets.ts";
import { isPublicAddress } from "../../src/core/public_address.ts";
import { publicLookup, requirePublicHost } from "../../src/core/public_lookup.ts";
import { WebPushSender } from "../../src/notifications/push/web/sender.ts";
import { parseVapidKeys } from "../../src/notifications/push/web/vapid.ts";
import { samplePush } from "../contract/push_sender.ts";
import { BrowserKeys } from "../support/web_push_decryption.ts";

const PUBLIC = ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1"];

const PRIVATE = [
  "0.0.0.0",
  "10.1.2.3",
  "100.64.0.1",
  "127.0.0.1",
  "169.254.169.254",
  "172.16.0.1",
  "192.0.2.1",
  "192.168.1.1",
  "198.18.0.1",
  "203.0.113.9",
  "224.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "fe80::1",
  "fe80::1%eth0",
  "fc00::1",
  "fd12::1",
  "ff02::1",
  "2001:db8::1",
  "::ffff:127.0.0.1",
  "::ffff:8.8.8.8",
  "::ffff:a00:1",
  "64:ff9b::7f00:1",
  "2002:7f00:1::",
  "2001:0:1::",
  "push.example.org",
  "",
];

Deno.test("isPublicAddress distinguishes public and private addresses in all notations", () => {
  for (const address of PUBLIC) assert.equal(isPublicAddress(address), true, address);
  for (const address of PRIVATE) assert.equal(isPublicAddress(address), false, address);
});

const url = new URL("https://push.example.org/1");
const registered = { url, name: "push endpoint", path: "endpoint" };
const resolvesTo = (...addresses: string[]) => () => Promise.resolve(addresses);
const failsWith = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));

Deno.test("requirePublicHost accepts an endpoint only if all addresses of its host are public", async () => {
  await requirePublicHost(registered, resolvesTo("8.8.8.8", "2606:4700::1111"));
  for (const address of ["127.0.0.1", "::ffff:10.0.0.1", "169.254.169.254"]) {
    await assert.rejects(requirePublicHost(registered, resolvesTo("8.8.8.8", address)), {
      code: "invalid_request",
    });
  }
  await assert.rejects(requirePublicHost(registered, failsWith("ENOTFOUND")), {
    code: "invalid_request",
  });
  // A name server that is down or hangs is no fault of the endpoint: every send checks again.
  await requirePublicHost(registered, failsWith("EAI_AGAIN"));
  await requirePublicHost(registered, () => new Promise(() => {}), 1);
});

Deno.test("publicLookup returns no private address", async () => {
  const asked = (resolve: () => Promise<string[]>, all: boolean) =>
    new Promise((settle) => {
      const lookup = publicLookup(resolve);
      lookup("push.example.org", { all }, (error, address) => settle(error?.message ?? address));
    });
  assert.deepEqual(await asked(resolvesTo("8.8.8.8"), false), "8.8.8.8");
  assert.deepEqual(await asked(resolvesTo("2606:4700::1111"), true), [
    { address: "2606:4700::1111", family: 6 },
  ]);
  for (const all of [false, true]) {
    assert.match(String(await asked(resolvesTo("10.0.0.1"), all)), /not public/);
  }
});

Deno.test("WebPushSender sends nothing to a host whose address has become private", async () => {
  const vapid = await parseVapidKeys(generateVapidKeys(), "mailto:ops@example.com");
  const { p256dh, auth } = BrowserKeys.generate();
  const target = { kind: "web", endpoint: url.href, p256dh, auth } as const;
  for (const address of ["127.0.0.1", "::ffff:127.0.0.1", "10.0.0.1"]) {
    const sender = new WebPushSender({ vapid, resolve: resolvesTo(address) });
    const result = await sender.send(target, samplePush);
    assert.equal(result.outcome, "rejected", address);
  }
});

Deno.test("WebPushSender returns a retry if the name server hangs", async () => {
  const vapid = await parseVapidKeys(generateVapidKeys(), "mailto:ops@example.com");
  const { p256dh, auth } = BrowserKeys.generate();
  const target = { kind: "web", endpoint: url.href, p256dh, auth } as const;
  const resolve = () => new Promise<string[]>(() => {});
  const sender = new WebPushSender({ vapid, resolve, timeoutMs: 20 });
  const { outcome, unreachable } = await sender.send(target, samplePush) as {
    outcome: string;
    unreachable?: boolean;
  };
  assert.deepEqual([outcome, unreachable], ["retry", true]);
});
