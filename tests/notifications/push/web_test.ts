import assert from "node:assert/strict";
import { generateVapidKeys } from "../../../src/config/dev_secrets.ts";
import { WebPushSender } from "../../../src/notifications/push/web/sender.ts";
import { parseVapidKeys, type VapidKeyText } from "../../../src/notifications/push/web/vapid.ts";
import { pushSenderContract, pushServiceContract, samplePush } from "../../contract/push_sender.ts";
import { WebPushServer } from "../../support/web_push_server.ts";

const SUBJECT = "mailto:ops@example.com";

async function start(timeoutMs = 10_000) {
  const server = new WebPushServer();
  const keys = generateVapidKeys();
  const sender = await senderFor(server, keys, timeoutMs);
  return { server, keys, sender, target: server.subscribe(keys.publicKey) };
}

async function senderFor(server: WebPushServer, keys: VapidKeyText, timeoutMs = 10_000) {
  const vapid = await parseVapidKeys(keys, SUBJECT);
  return new WebPushSender({ vapid, allowedOrigins: [server.origin], timeoutMs });
}

async function open(timeoutMs: number) {
  const { server, sender, target } = await start(timeoutMs);
  return {
    sender,
    target,
    arrived: () =>
      server.received.map(({ payload }) => {
        const { tag, ...rest } = JSON.parse(payload);
        return { ...rest, collapseKey: tag };
      }),
    sends: server.sends,
    endRegistration: () => server.unsubscribe(target.endpoint),
    stop: () => server.close(),
    close: () => server.close(),
  };
}

pushSenderContract("Web Push", open);
pushServiceContract("Web Push", open);

type Started = Awaited<ReturnType<typeof start>>;

function test(title: string, body: (started: Started) => Promise<void>): void {
  Deno.test(`Web Push: ${title}`, async () => {
    const started = await start();
    try {
      await body(started);
    } finally {
      await started.server.close();
    }
  });
}

test("the headers contain lifetime, urgency and topic", async (started) => {
  const { server, sender, target } = started;
  await sender.send(target, samplePush);
  await sender.send(target, { ...samplePush, collapseKey: null, urgency: "normal", ttl: 0 });
  const [first, second] = server.received;
  assert.deepEqual([first.ttl, first.urgency], [86_400, "high"]);
  assert.match(first.topic!, /^[\w-]{32}$/);
  assert.ok(!first.topic!.includes(samplePush.collapseKey!.slice(0, 8)));
  assert.deepEqual([second.ttl, second.urgency, second.topic], [0, "normal", null]);
});

test("each chat has a separate topic", async ({ server, sender, target }) => {
  for (const collapseKey of ["a", "b", "a"]) {
    await sender.send(target, { ...samplePush, collapseKey });
  }
  const [a, b, again] = server.received.map(({ topic }) => topic);
  assert.equal(a, again);
  assert.notEqual(a, b);
});

test("the VAPID token names the audience and the operator, for half a day", async (started) => {
  const { server, sender, target } = started;
  await sender.send(target, samplePush);
  const { claims } = server.received[0];
  assert.equal(claims.aud, server.origin);
  assert.equal(claims.sub, SUBJECT);
  assert.ok(claims.exp! <= Date.now() / 1000 + 12 * 60 * 60);
});

test("a subscription for another server's key is rejected, and kept", async (started) => {
  const { server, target } = started;
  const stranger = await senderFor(server, generateVapidKeys());
  assert.equal((await stranger.send(target, samplePush)).outcome, "rejected");
  assert.deepEqual(server.refusals, ["VAPID public key mismatch"]);
});

test("a push to one browser cannot be decrypted by another", async (started) => {
  const { server, sender, keys, target } = started;
  const other = server.subscribe(keys.publicKey);
  const mixed = { ...target, p256dh: other.p256dh };
  assert.equal((await sender.send(mixed, samplePush)).outcome, "rejected");
  assert.deepEqual(server.received, []);
});

test("broken keys of a subscription are rejected unsent", async ({ server, sender, target }) => {
  const offTheCurve = btoa(`\x04${"\x01".repeat(64)}`).replace(/=+$/, "");
  const broken = [{ auth: "AAAA" }, { auth: "*" }, { p256dh: "" }, { p256dh: offTheCurve }];
  for (const keys of broken) {
    const result = await sender.send({ ...target, ...keys }, samplePush);
    assert.equal(result.outcome, "rejected", JSON.stringify(keys));
  }
  assert.equal(server.requests, 0);
});

test("a forbidden endpoint is rejected unsent", async ({ server, keys, target }) => {
  const vapid = await parseVapidKeys(keys, SUBJECT);
  const result = await new WebPushSender({ vapid }).send(target, samplePush);
  assert.equal(result.outcome, "rejected");
  assert.equal(server.requests, 0);
});
