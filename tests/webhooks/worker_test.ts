import assert from "node:assert/strict";
import { GIVE_UP_MS } from "../../src/webhooks/retry_times.ts";
import { T0 } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";
import { WorkerWorld } from "./worker_world.ts";

const SECOND_MS = 1_000;

Deno.test("WebhookWorker sends everything that waits, page by page, each once and its lane in order", async () => {
  await using world = new WorkerWorld();
  const endpoint = await world.endpoint();
  const lane = await world.add(endpoint, 300, { lane: "a" });
  const others = await world.add(endpoint, 300);
  const worker = await world.worker();
  await world.round(worker);
  const ids = world.sent.map(({ id }) => id);
  const wanted = [...lane, ...others].map(({ events }) => events[0].eventId);
  assert.deepEqual(ids.toSorted(), wanted.toSorted());
  const ofLane = new Set(wanted.slice(0, 300));
  assert.deepEqual(ids.filter((id) => ofLane.has(id)), wanted.slice(0, 300));
  assert.deepEqual(await world.pending(endpoint), []);
});

Deno.test("WebhookWorker sends no delivery before it is due, and says for how long the oldest waits", async () => {
  await using world = new WorkerWorld();
  const endpoint = await world.endpoint();
  await world.add(endpoint, 1, { dueAt: T0 + SECOND_MS, createdAt: T0 - SECOND_MS });
  const worker = await world.worker();
  await world.round(worker);
  assert.deepEqual([world.sent.length, worker.pending().oldestMs], [0, SECOND_MS]);
  world.now += SECOND_MS;
  await world.round(worker);
  assert.deepEqual([world.sent.length, worker.pending().oldestMs], [1, 0]);
});

Deno.test("WebhookWorker gives up deliveries of three days ago unsent, and pauses an endpoint that failed all along", async () => {
  await using world = new WorkerWorld();
  const endpoint = await world.endpoint({ failingSince: T0 - GIVE_UP_MS });
  const [old] = await world.add(endpoint, 1, { createdAt: T0 - GIVE_UP_MS });
  await world.round(await world.worker());
  assert.equal(world.sent.length, 0);
  const { status, dueAt } = (await world.store.webhookDeliveries.byKey(old))!;
  assert.deepEqual([status, dueAt], ["failed", null]);
  assert.equal(world.subscriptions.get(endpoint.id)!.pauseReason, "unreachable");
});

Deno.test("WebhookWorker sends nothing unsigned while a secret cannot be read, and notes the failure", async () => {
  await using world = new WorkerWorld();
  const endpoint = await world.endpoint();
  await world.add(endpoint, 2);
  world.isSecretReadable = false;
  const worker = await world.worker();
  await world.round(worker);
  assert.deepEqual([world.sent, world.lines], [[], []]);
  assert.equal(world.subscriptions.get(endpoint.id)!.failingSince, T0);
  world.isSecretReadable = true;
  await world.round(worker);
  assert.equal(world.sent.length, 2);
  assert.equal(world.subscriptions.get(endpoint.id)!.failingSince, null);
});

Deno.test("WebhookWorker leaves an endpoint in peace after five failures, and sends all at once when it works", async () => {
  await using world = new WorkerWorld();
  const endpoint = await world.endpoint();
  await world.add(endpoint, 20);
  [world.outcome, world.afterMs] = ["retry", 3_600 * SECOND_MS];
  const worker = await world.worker();
  await world.round(worker);
  const tried = world.sent.length;
  assert.ok(tried >= 5 && tried < 13, `${tried} requests, eight at a time`);
  assert.equal((await world.pending(endpoint)).length, 20);
  world.now += 9 * SECOND_MS;
  await world.round(worker);
  assert.equal(world.sent.length, tried, "it rests for ten seconds");
  world.now += SECOND_MS;
  await world.round(worker);
  assert.equal(world.sent.length, tried + 1, "one tries whether it works");
  world.outcome = "delivered";
  world.now += 20 * SECOND_MS;
  await world.round(worker);
  assert.deepEqual(await world.pending(endpoint), [], "also those that were due later");
});

Deno.test("WebhookWorker repeats at once what failed beside the request that shows that an endpoint works again", async () => {
  await using world = new WorkerWorld();
  const endpoint = await world.endpoint({ failingSince: T0 - SECOND_MS });
  await world.add(endpoint, 4);
  [world.failures, world.afterMs] = [3, 3_600 * SECOND_MS];
  await world.round(await world.worker());
  assert.deepEqual(await world.pending(endpoint), []);
  assert.equal(world.sent.length, 7);
});

Deno.test("WebhookWorker ends requests in flight when it closes, and another instance repeats them", async () => {
  await using world = new WorkerWorld();
  const endpoint = await world.endpoint();
  const [row] = await world.add(endpoint, 1);
  const { promise, resolve } = Promise.withResolvers<void>();
  world.held = promise;
  const [first, second] = [await world.worker(), await world.worker()];
  await first.poll();
  await eventually("it is being sent", () => world.sent.length === 1);
  await first.close();
  assert.deepEqual(await world.pending(endpoint), [row], "no result is written");
  resolve();
  await world.round(first);
  assert.equal(world.sent.length, 1, "a closed one sends nothing");
  await world.round(second);
  assert.deepEqual(world.sent.map(({ by }) => by), [0, 1]);
});

Deno.test("WebhookWorker keeps its lease by renewing it, and loses it otherwise to who asks next", async () => {
  await using world = new WorkerWorld();
  const endpoint = await world.endpoint();
  const [first, second] = [await world.worker(), await world.worker()];
  const senders = async () => {
    await world.add(endpoint, 1);
    world.sent.length = 0;
    for (const worker of [second, first]) await world.round(worker);
    return world.sent.map(({ by }) => by);
  };
  await world.add(endpoint, 1);
  await world.round(first);
  for (let seconds = 0; seconds < 30; seconds += 5) {
    assert.deepEqual(await senders(), [0], `after ${seconds} s`);
    world.now += 5 * SECOND_MS;
  }
  world.now += 10 * SECOND_MS;
  assert.deepEqual(await senders(), [1]);
  await world.add(endpoint, 1);
  world.sent.length = 0;
  await world.round(first);
  assert.deepEqual(world.sent, [], "the former holder has noticed");
});

Deno.test("WebhookWorker asks again for a lease of another instance after a while, and not before", async () => {
  await using world = new WorkerWorld();
  const endpoint = await world.endpoint();
  await world.add(endpoint, 1, { dueAt: T0 + 60 * SECOND_MS });
  const { leases } = world.store;
  const take = leases.take.bind(leases);
  let asked = 0;
  leases.take = (...args) => (asked++, take(...args));
  await world.round(await world.worker());
  const second = await world.worker();
  asked = 0;
  for (let n = 0; n < 3; n++) await world.round(second);
  assert.equal(asked, 1);
  world.now += 2_500;
  await world.round(second);
  assert.equal(asked, 2);
});

Deno.test("WebhookWorker lets go of an endpoint that was paused or deleted", async () => {
  await using world = new WorkerWorld();
  const [paused, deleted] = [await world.endpoint(), await world.endpoint()];
  for (const endpoint of [paused, deleted]) await world.add(endpoint, 1);
  const worker = await world.worker();
  await world.round(worker);
  await world.store.webhooks.update(paused.id, { status: "paused" });
  await world.store.webhooks.remove(deleted.id);
  await world.subscriptions.refresh();
  await world.round(worker);
  for (const { id } of [paused, deleted]) {
    assert.ok(await world.store.leases.take(`webhook ${id}`, "other", world.now, world.now + 1));
  }
});

Deno.test("WebhookWorker pauses an endpoint for which more waits than the limit, and deletes old deliveries", async () => {
  await using world = new WorkerWorld();
  const limits = { webhookBacklog: 3, webhookLog: 2 };
  const later = { dueAt: T0 + 600 * SECOND_MS };
  const [full, over] = [await world.endpoint(), await world.endpoint()];
  await world.add(full, 3, later);
  await world.add(over, 4, later);
  const weekAgo = T0 + 30 * SECOND_MS - 7 * 24 * 3_600 * SECOND_MS;
  const sent = { status: "delivered", dueAt: null } as const;
  await world.add(full, 1, { ...sent, createdAt: weekAgo - 1 });
  const kept = await world.add(full, 1, { ...sent, createdAt: weekAgo });
  const worker = await world.worker(limits);
  await world.round(worker);
  world.now += 30 * SECOND_MS - 1;
  await world.round(worker);
  assert.equal(world.subscriptions.receiving().length, 2, "it looks every 30 seconds");
  world.now++;
  await world.round(worker);
  const reasons = [full, over].map(({ id }) => world.subscriptions.get(id)!.pauseReason);
  assert.deepEqual(reasons, [null, "backlog"]);
  assert.equal(worker.pending().count, 3 + 4);
  const query = { webhookId: full.id, status: "delivered", before: null, limit: 9 } as const;
  const left = await world.store.webhookDeliveries.list(query);
  assert.deepEqual(left.map(({ deliveryId }) => deliveryId), [kept[0].deliveryId]);
});

Deno.test("WebhookWorker reads the endpoints again every ten seconds, and goes on after a failed poll", async () => {
  await using world = new WorkerWorld();
  const worker = await world.worker();
  world.now += 9_999;
  await worker.poll();
  assert.equal(world.refreshes, 1);
  world.now++;
  const endpoint = await world.endpoint();
  await world.add(endpoint, 1);
  const { webhookDeliveries } = world.store;
  const withPending = webhookDeliveries.withPending.bind(webhookDeliveries);
  webhookDeliveries.withPending = () => Promise.reject(new Error("out of order"));
  await worker.poll();
  assert.equal(world.refreshes, 2);
  assert.match(world.lines.join(), /Webhook poll failed/);
  webhookDeliveries.withPending = withPending;
  await world.round(worker);
  assert.equal(world.sent.length, 1);
});
