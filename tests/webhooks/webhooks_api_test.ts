import assert from "node:assert/strict";
import { secretBox } from "../../src/auth/secret_box.ts";
import { newWebhookSecret } from "../../src/core/webhook_signature.ts";
import { eventually } from "../support/eventually.ts";
import { metricsOf, valueOf } from "../support/metrics_text.ts";
import { openWorld, send } from "./webhook_world.ts";

const ALL_OF_MESSAGES = ["message.created", "message.updated", "message.deleted"];

Deno.test("a webhook reports a message, its edit and its deletion in order, signed", async () => {
  await using world = await openWorld();
  const { backend, ann, chatId } = world;
  await world.subscribe(ALL_OF_MESSAGES);
  const id = await send(ann, chatId, "one");
  await backend.received(1);
  assert.equal(backend.events[0].data.text, "one");
  await ann.put(`/api/messages/${id}`, { text: "two" });
  await backend.received(2);
  await ann.delete(`/api/messages/${id}`);
  await backend.received(3);
  assert.deepEqual(backend.events.map(({ type }) => type), ALL_OF_MESSAGES);
  assert.deepEqual(backend.events.map(({ data }) => data.id), [id, id, id]);
  const revs = backend.events.map(({ rev }) => rev!);
  assert.deepEqual(revs, [revs[0], revs[0] + 1, revs[0] + 2]);
  assert.equal(backend.events[2].data.text, "");
  assert.equal(backend.forged, 0);
  assert.deepEqual(world.app.log, []);
});

Deno.test("a webhook reports only the events that it was made for", async () => {
  await using world = await openWorld();
  const { backend, ann, chatId } = world;
  await world.subscribe(["chat.updated", "user.updated"]);
  await send(ann, chatId, "not reported");
  await ann.put(`/api/groups/${chatId}`, { name: "Dragons" });
  await ann.put("/api/users/profile", { displayName: "Ann" });
  await backend.received(2);
  const byType = Object.fromEntries(backend.events.map(({ type, data }) => [type, data]));
  assert.deepEqual(Object.keys(byType).sort(), ["chat.updated", "user.updated"]);
  assert.equal(byType["chat.updated"].name, "Dragons");
  assert.equal(byType["user.updated"].displayName, "Ann");
});

Deno.test("a delivery that fails is retried with its id, and holds up its own chat only", async () => {
  await using world = await openWorld();
  const { app, admin, backend, ann, chatId } = world;
  const webhookId = await world.subscribe(["message.created"]);
  const other = (await ann.post("/api/groups", { name: "Other" })).body.id;
  let isBroken = true;
  backend.answer = ({ data }) => isBroken && data.text === "bad" ? 500 : 204;
  const bad = await send(ann, chatId, "bad");
  await eventually("it was tried", () => backend.requests.length === 1);
  await send(ann, chatId, "after");
  const elsewhere = await send(ann, other, "elsewhere");
  assert.equal((await backend.received(1))[0].data.id, elsewhere);
  const path = `/api/admin/webhooks/${webhookId}/deliveries`;
  const [waiting] = await eventually("the answer is recorded", async () => {
    const { items } = (await admin.get(`${path}?status=pending`)).body;
    const tried = items.filter((item: { attempts: number }) => item.attempts >= 1);
    return tried.length > 0 && tried;
  });
  assert.deepEqual(waiting.events.map((each: { subjectId: string }) => each.subjectId), [bad]);
  assert.deepEqual([waiting.answer.status, waiting.answer.body], [500, "status 500"]);
  isBroken = false;
  app.clock.ahead += 10_000;
  const events = await backend.received(3);
  assert.deepEqual(events.map(({ data }) => data.text), ["elsewhere", "bad", "after"]);
  const ids = backend.requests.map(({ headers }) => headers.get("webhook-id"));
  assert.ok(ids.filter((id) => id === ids[0]).length >= 2, "a retry has the same id");
  const { items } = await eventually("all are delivered", async () => {
    const { body } = await admin.get(`${path}?status=delivered`);
    return body.items.length === 3 && body;
  });
  assert.ok(items.every((item: { answer: { status: number } }) => item.answer.status === 204));
});

Deno.test("several events come in one request for an endpoint that takes batches", async () => {
  await using world = await openWorld();
  const { backend, ann, chatId } = world;
  await world.subscribe(["message.created"], 50);
  const other = (await ann.post("/api/groups", { name: "Other" })).body.id;
  const first = Promise.withResolvers<number>();
  backend.answer = () => first.promise;
  await send(ann, chatId, "0");
  await eventually("the first is in flight", () => backend.requests.length === 1);
  for (let n = 1; n <= 6; n++) await send(ann, n % 2 ? other : chatId, String(n));
  first.resolve(204);
  const events = await backend.received(7);
  assert.equal(backend.requests.length, 2);
  const of = (id: string) => events.filter(({ chatId }) => chatId === id).map((e) => e.data.text);
  assert.deepEqual([of(chatId), of(other)], [["0", "2", "4", "6"], ["1", "3", "5"]]);
  assert.equal(new Set(events.map(({ id }) => id)).size, 7);
});

Deno.test("an endpoint takes batches unless it was made for one event a request", async () => {
  await using world = await openWorld();
  const { admin, backend, ann, chatId } = world;
  const fields = { url: backend.url, events: ["message.created"] };
  const { body } = await admin.post("/api/admin/webhooks", fields);
  assert.equal(body.batchSize, 100);
  backend.secret = body.secret;
  await send(ann, chatId, "alone");
  await backend.received(1);
  const { type, data } = JSON.parse(backend.requests[0].body);
  assert.deepEqual([type, data.length, data[0].data.text], ["batch", 1, "alone"]);
  await admin.post(`/api/admin/webhooks/${body.id}/test`);
  const { data: [test] } = JSON.parse(backend.requests[1].body);
  assert.equal(test.type, "webhook.test", "a test has the form of all others");
  await admin.put(`/api/admin/webhooks/${body.id}`, { batchSize: 1 });
  await send(ann, chatId, "plain");
  await backend.received(3);
  assert.equal(JSON.parse(backend.requests[2].body).data.text, "plain");
});

Deno.test("an endpoint that stays down is reported, and its events are sent once it works", async () => {
  await using world = await openWorld();
  const { app, admin, backend, ann, chatId } = world;
  const webhookId = await world.subscribe(["message.created"]);
  backend.answer = () => 503;
  for (let n = 0; n < 3; n++) await send(ann, chatId, String(n));
  const status = async () => (await admin.get(`/api/admin/webhooks/${webhookId}`)).body;
  await eventually("it is down", async () => {
    app.clock.ahead += 5_000;
    return (await status()).status === "down";
  });
  assert.notEqual((await status()).failingSince, null);
  const metric = async (name: string) => {
    return valueOf(await metricsOf(app), `realtimechat_webhook_${name}`);
  };
  app.clock.ahead += 60_000;
  await eventually("what waits is counted", async () => await metric("pending") === 3);
  assert.ok(await metric("pending_age_seconds") >= 60, "the age of what waits grows");
  assert.match(app.log.join("\n"), /Webhook endpoint is down/);
  backend.answer = () => 204;
  await eventually("it has caught up", () => {
    app.clock.ahead += 60_000;
    return backend.events.length === 3;
  });
  assert.deepEqual(backend.events.map(({ data }) => data.text), ["0", "1", "2"]);
  await eventually("nothing waits", async () => await metric("pending_age_seconds") === 0);
  // The administrator's session has not expired, however often the waits moved the clock.
  app.clock.ahead = 0;
  await eventually("it is active", async () => (await status()).status === "active");
  const { items } = (await admin.get("/api/admin/audit")).body;
  const actions = items.map(({ action }: { action: string }) => action);
  assert.deepEqual(actions.slice(0, 2), ["webhook.recovered", "webhook.down"]);
});

Deno.test("an endpoint that has failed for three days is paused, and an administrator resumes it", async () => {
  await using world = await openWorld();
  const { app, admin, backend, ann, chatId } = world;
  const webhookId = await world.subscribe(["message.created"]);
  backend.answer = () => 500;
  await send(ann, chatId, "lost");
  const path = `/api/admin/webhooks/${webhookId}`;
  const store = await app.openStore();
  const stored = async () => (await store.webhooks.byId(webhookId))!;
  // In three days it is tried soon after the send; the clock of the test may run ahead of that.
  await eventually("it has failed once", async () => (await stored()).failingSince !== null);
  await eventually("it is paused", async () => {
    app.clock.ahead += 3_600_000;
    return (await stored()).status === "paused";
  });
  await store.close();
  // The administrator's session has not expired.
  app.clock.ahead = 0;
  assert.equal((await admin.get(path)).body.pauseReason, "unreachable");
  await send(ann, chatId, "while paused");
  backend.answer = () => 204;
  const resumed = await admin.put(path, { paused: false });
  assert.deepEqual([resumed.body.status, resumed.body.failingSince], ["active", null]);
  await send(ann, chatId, "after");
  await backend.received(1);
  assert.deepEqual(backend.events.map(({ data }) => data.text), ["after"]);
  const failed = (await admin.get(`${path}/deliveries?status=failed`)).body.items;
  assert.equal(failed.length, 1);
  const again = await admin.post(`${path}/deliveries/${failed[0].id}/redeliver`);
  assert.equal(again.body.status, "pending");
  assert.equal((await backend.received(2))[1].data.text, "lost");
});

Deno.test("an endpoint that answers 410 is paused at once", async () => {
  await using world = await openWorld();
  const webhookId = await world.subscribe(["message.created"]);
  world.backend.answer = () => 410;
  await send(world.ann, world.chatId, "unwanted");
  await eventually("it is paused", async () => {
    const { body } = await world.admin.get(`/api/admin/webhooks/${webhookId}`);
    return body.status === "paused" && body.pauseReason === "gone";
  });
});

Deno.test("an endpoint for which too many events wait is paused", async () => {
  await using world = await openWorld({ LIMIT_WEBHOOK_BACKLOG: "100" });
  const { app, admin, backend, ann, chatId } = world;
  const webhookId = await world.subscribe(["message.created"]);
  const hanging = Promise.withResolvers<number>();
  backend.answer = () => hanging.promise;
  for (let n = 0; n < 102; n++) await send(ann, chatId, String(n));
  await eventually("it is paused", async () => {
    app.clock.ahead += 5_000;
    return (await admin.get(`/api/admin/webhooks/${webhookId}`)).body.pauseReason === "backlog";
  });
  hanging.resolve(204);
});

Deno.test("a rotated secret signs beside the former one until the grace is over", async () => {
  await using world = await openWorld();
  const { app, admin, backend, ann, chatId } = world;
  const webhookId = await world.subscribe(["message.created"]);
  const former = backend.secret;
  const { body } = await admin.post(`/api/admin/webhooks/${webhookId}/rotate-secret`, {
    graceSeconds: 600,
  });
  assert.equal(body.secrets.length, 2);
  await send(ann, chatId, "with both");
  await backend.received(1);
  backend.secret = body.secret;
  await send(ann, chatId, "with both again");
  await backend.received(2);
  app.clock.ahead += 700_000;
  const after = (await admin.get(`/api/admin/webhooks/${webhookId}`)).body;
  assert.equal(after.secrets.length, 1);
  assert.equal("secret" in after, false);
  const test = () => admin.post(`/api/admin/webhooks/${webhookId}/test`);
  assert.equal((await test()).body.status, 204);
  const signatures = backend.requests.map(({ headers }) =>
    headers.get("webhook-signature")!.split(" ").length
  );
  assert.deepEqual(signatures, [2, 2, 1]);
  assert.notEqual(former, body.secret);
});

Deno.test("an endpoint whose secret cannot be read is reported, and mended by rotating it", async () => {
  await using world = await openWorld();
  const { app, admin, backend, ann, chatId } = world;
  const id = await world.subscribe(["message.created"]);
  const box = secretBox(["another encryption key than that of the server"]);
  const sealed = await box.seal(newWebhookSecret(), { purpose: "webhook", userId: id });
  const store = await app.openStore();
  await store.webhooks.update(id, { secrets: [{ sealed, expiresAt: null }] });
  await store.close();
  app.clock.ahead += 11_000;
  await eventually("it is read again", async () => {
    app.clock.ahead += 5_000;
    await send(ann, chatId, "kept");
    return (await admin.get(`/api/admin/webhooks/${id}`)).body.status === "down";
  });
  const reports = app.log.filter((line) =>
    /endpoint is down.*its secret cannot be read/.test(line)
  );
  assert.equal(reports.length, 1, app.log.join("\n"));
  assert.equal(app.log.length, 1, app.log.join("\n"));
  const seen = backend.events.length;
  const { body } = await admin.post(`/api/admin/webhooks/${id}/rotate-secret`, {});
  backend.secret = body.secret;
  await eventually("what waited is sent", () => {
    app.clock.ahead += 60_000;
    return backend.events.length > seen;
  });
  assert.equal(backend.forged, 0);
});

Deno.test("a test of an endpoint returns its answer, and why there was none", async () => {
  await using world = await openWorld();
  const webhookId = await world.subscribe(["message.created"]);
  const test = () => world.admin.post(`/api/admin/webhooks/${webhookId}/test`);
  world.backend.answer = () => 418;
  const answered = (await test()).body;
  assert.deepEqual([answered.status, answered.body, answered.error], [418, "status 418", null]);
  await world.admin.put(`/api/admin/webhooks/${webhookId}`, {
    url: `${world.backend.origin}/elsewhere`,
  });
  world.backend.answer = () => 200;
  assert.equal((await test()).body.status, 200);
  assert.equal(JSON.parse(world.backend.requests.at(-1)!.body).type, "webhook.test");
});

Deno.test("a deleted endpoint gets no more, and there are only so many", async () => {
  await using world = await openWorld({ LIMIT_WEBHOOKS: "1" });
  const { admin, backend, ann, chatId } = world;
  const webhookId = await world.subscribe(["message.created"]);
  const fields = { url: backend.url, events: ["message.created"] };
  assert.equal((await admin.post("/api/admin/webhooks", fields)).body.code, "conflict");
  assert.equal((await admin.delete(`/api/admin/webhooks/${webhookId}`)).status, 204);
  await send(ann, chatId, "unseen");
  assert.deepEqual((await admin.get("/api/admin/webhooks")).body.items, []);
  assert.equal((await admin.get(`/api/admin/webhooks/${webhookId}`)).status, 404);
  await world.subscribe(["message.created"]);
  await send(ann, chatId, "seen");
  assert.deepEqual((await backend.received(1)).map(({ data }) => data.text), ["seen"]);
});
