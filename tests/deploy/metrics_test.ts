import assert from "node:assert/strict";
import { generateVapidKeys } from "../../src/config/dev_secrets.ts";
import { MetricsRegistry } from "../../src/core/metrics.ts";
import type { BrokerEvents } from "../../src/cluster/broker.ts";
import { brokerObserver } from "../../src/cluster/broker_metrics.ts";
import { anOutboxEntry } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";
import { metricsOf, valueOf } from "../support/metrics_text.ts";
import { sharedMongodb } from "../support/mongodb_server.ts";
import { kvBrokerOn } from "../support/open_broker.ts";
import { RawWebSocket } from "../support/raw_web_socket.ts";
import { RunningApp } from "../support/running_app.ts";
import { bytesRequest, upload } from "../support/uploads.ts";
import { findVersitygw, s3Environment, startS3 } from "../support/versitygw.ts";
import { WebPushServer } from "../support/web_push_server.ts";

const mongodb = sharedMongodb();
const versitygw = findVersitygw();

Deno.test("/metrics shows how long the oldest outbox entry has been due", async () => {
  await using app = await RunningApp.start();
  const store = await app.openStore();
  const before = await metricsOf(app);
  assert.equal(valueOf(before, "realtimechat_outbox_lag_seconds"), 0);
  // The worker's own timer may claim an entry, and poll once more, before this test reads the
  // metrics.
  await eventually("a poll has seen a late entry", async () => {
    const [createdAt, dueAt] = [Date.now(), Date.now() - 120_000];
    await store.outbox.add(
      anOutboxEntry({ chatId: null, occurrences: [], createdAt, dueAt }),
    );
    await app.app.timerWork();
    return valueOf(await metricsOf(app), "realtimechat_outbox_lag_seconds") >=
      120;
  });
  await eventually("nothing is late any more", async () => {
    await app.app.timerWork();
    return valueOf(await metricsOf(app), "realtimechat_outbox_lag_seconds") ===
      0;
  });
  await store.close();
});

Deno.test("/metrics shows how long after its commit a push was sent", async () => {
  const web = new WebPushServer();
  const vapid = generateVapidKeys();
  await using app = await RunningApp.start({
    VAPID_PUBLIC_KEY: vapid.publicKey,
    VAPID_PRIVATE_KEY: vapid.privateKey,
    WEB_PUSH_ORIGINS: web.origin,
    LIMIT_PRESENCE_GRACE_MS: "100",
  });
  const { ann, bob } = await app.people("ann", "bob");
  const { endpoint, p256dh, auth } = web.subscribe(vapid.publicKey);
  const device = { endpoint, keys: { p256dh, auth } };
  await app.client(bob).post("/api/notifications/devices", device);
  await app.client(ann).post("/api/messages", {
    recipientId: bob.id,
    text: "pushed",
  });
  await eventually(
    "the push is counted",
    async () => valueOf(await metricsOf(app), "realtimechat_push_lag_seconds_count") > 0,
  );
  const text = await metricsOf(app);
  assert.ok(valueOf(text, "realtimechat_push_lag_seconds_sum") > 0);
  assert.ok(
    valueOf(text, 'realtimechat_pushes_total{outcome="delivered"}') > 0,
  );
  await web.close();
});

for (
  const [transport, path, hello] of [
    [
      "/ws",
      "/ws",
      (token: string) => JSON.stringify({ id: 1, cmd: "hello", data: { token } }),
    ],
    [
      "Socket.IO",
      "/socket.io/?EIO=4&transport=websocket",
      (token: string) => `40${JSON.stringify({ token })}`,
    ],
  ] as const
) {
  Deno.test(`/metrics shows the bytes that wait for a slow reader (${transport})`, async () => {
    await using app = await RunningApp.start({ LIMIT_TEXT_LENGTH: "100000" });
    const { ann, bob } = await app.people("ann", "bob");
    const { body: chat } = await app.client(ann).post("/api/chats", {
      userId: bob.id,
    });
    using slow = await RawWebSocket.open(`${app.url}${path}`);
    if (transport === "Socket.IO") await slow.next();
    await slow.send(hello(bob.token));
    await slow.next();
    const text = "x".repeat(100_000);
    // Until the kernel's buffers are full.
    await eventually("bytes wait", async () => {
      await app.client(ann).post("/api/messages", { chatId: chat.id, text });
      return valueOf(
        await metricsOf(app),
        "realtimechat_sockets_waiting_bytes",
      ) > 0;
    });
  });
}

Deno.test("/metrics shows the bytes of uploads by form and by tus", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  assert.equal((await upload(app, ann, "a form")).status, 201);
  const { status, body } = await app.client(ann)
    .post("/api/media/presign", {
      name: "x.bin",
      type: "application/octet-stream",
      size: 3,
    });
  assert.equal(status, 201);
  const sent = await bytesRequest(app, ann, body.method, body.url, {
    headers: body.headers,
    body: "tus",
  });
  assert.ok(sent.status < 300);
  const text = await metricsOf(app);
  assert.equal(valueOf(text, 'realtimechat_upload_bytes_total{way="form"}'), 6);
  assert.equal(valueOf(text, 'realtimechat_upload_bytes_total{way="tus"}'), 3);
});

Deno.test({
  name: "/metrics shows the bytes of direct uploads to the bucket",
  ignore: !versitygw,
  // The S3 client keeps its connections for a while.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const s3 = await startS3(versitygw!);
    try {
      await using app = await RunningApp.start(s3Environment(s3));
      const { ann } = await app.people("ann");
      const plan = { name: "x.bin", type: "application/octet-stream", size: 6 };
      const { body } = await app.client(ann).post("/api/media/presign", plan);
      const headers = new Headers(body.headers);
      headers.delete("content-length");
      const put = await fetch(body.url, {
        method: body.method,
        headers,
        body: "direct",
      });
      await put.body?.cancel();
      assert.equal(
        (await app.client(ann).post(`/api/media/${body.mediaId}/complete`))
          .status,
        200,
      );
      const text = await metricsOf(app);
      assert.equal(
        valueOf(text, 'realtimechat_upload_bytes_total{way="direct"}'),
        6,
      );
    } finally {
      await s3.stop();
    }
  },
});

Deno.test("/metrics counts the calls of a broker over Deno KV by kind", async () => {
  const kv = await Deno.openKv(":memory:");
  const [first, second] = [new MetricsRegistry(), new MetricsRegistry()];
  const writer = kvBrokerOn(kv, brokerObserver(first));
  const reader = kvBrokerOn(kv, brokerObserver(second));
  let received = 0;
  await writer.start(events());
  await reader.start(events(() => received++));
  await eventually("the signal is there", () => {
    writer.publish({ type: "sessions", sessionIds: ["none"] });
    return received > 0;
  });
  const count = (metrics: MetricsRegistry, call: string) =>
    valueOf(
      metrics.text(),
      `realtimechat_broker_duration_seconds_count{call="${call}"}`,
    );
  assert.ok(count(first, "write") > 0);
  assert.ok(count(second, "read") > 0);
  assert.ok(count(second, "instances") > 0);
  await writer.close();
  await reader.close();
  kv.close();
});

Deno.test({
  name: "/metrics shows the pools of MongoDB, and the calls of a broker over it",
  ignore: mongodb.missing,
  async fn() {
    await using app = await RunningApp.start({
      MONGODB_URI: mongodb.uri(),
      BROKER: "mongo",
    });
    const { ann } = await app.people("ann");
    await app.client(ann).get("/api/chats");
    const text = await metricsOf(app);
    for (const pool of ["store", "broker"]) {
      const total = `realtimechat_mongodb_connections{pool="${pool}",state="total"}`;
      const waits = `realtimechat_mongodb_checkout_seconds_count{pool="${pool}"}`;
      assert.ok(valueOf(text, total) > 0, total);
      assert.ok(valueOf(text, waits) > 0, waits);
    }
    const inUse = 'realtimechat_mongodb_connections{pool="store",state="in_use"}';
    await eventually(
      "all are given back",
      async () => valueOf(await metricsOf(app), inUse) === 0,
    );
    assert.ok(
      valueOf(
        text,
        'realtimechat_broker_duration_seconds_count{call="write"}',
      ) > 0,
    );
  },
});

function events(onSignals: BrokerEvents["onSignals"] = () => {}): BrokerEvents {
  return { onSignals, onGap() {}, onGone() {}, onDied() {} };
}
