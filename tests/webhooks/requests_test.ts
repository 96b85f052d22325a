import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import {
  type NewWebhookEvent,
  WEBHOOK_EVENTS,
  type WebhookDelivery,
} from "../../src/model/webhook.ts";
import { type EventRows, WebhookPayloads } from "../../src/webhooks/payloads.ts";
import { lanesOf, requestOf, streamsOf } from "../../src/webhooks/requests.ts";
import { WebhookSubscriptions } from "../../src/webhooks/subscriptions.ts";
import { aDelivery, anEndpoint } from "../contract/store/webhooks.ts";

const WEBHOOK = newId();

/** A delivery of this many events in a lane. */
function delivery(lane: string, events = 1, fields: Partial<WebhookDelivery> = {}) {
  const [event] = aDelivery(WEBHOOK).events;
  const some = Array.from({ length: events }, () => ({ ...event, eventId: newId() }));
  return aDelivery(WEBHOOK, { lane, events: some, ...fields });
}

const payloadsOf = (rows: WebhookDelivery[]) =>
  rows.flatMap(({ events }) =>
    events.map(({ eventId, at }) => ({
      id: eventId,
      type: "message.created" as const,
      timestamp: new Date(at).toISOString(),
      data: {},
    }))
  );

Deno.test("an endpoint of one event a request has a stream of single deliveries for each lane", () => {
  const [a1, b1, a2] = [delivery("a"), delivery("b"), delivery("a")];
  const streams = streamsOf({ batchSize: 1 }, lanesOf([a1, b1, a2]));
  assert.deepEqual(streams, [[{ rows: [a1] }, { rows: [a2] }], [{ rows: [b1] }]]);
});

Deno.test("a batch is filled up to its size, never past it, and in order", () => {
  const rows = [
    delivery("a", 2),
    delivery("a", 1),
    delivery("b", 1),
    delivery("b", 3),
    delivery("c"),
  ];
  const [fresh] = streamsOf({ batchSize: 3 }, lanesOf(rows));
  assert.deepEqual(fresh.map((batch) => batch.rows), [
    [rows[0], rows[1]],
    [rows[2]],
    [rows[3]],
    [rows[4]],
  ]);
  const [pairs] = streamsOf(
    { batchSize: 2 },
    lanesOf([delivery("a"), delivery("b"), delivery("c")]),
  );
  assert.deepEqual(pairs.map((batch) => batch.rows.length), [2, 1]);
  const [five] = streamsOf({ batchSize: 2 }, lanesOf([..."abcde"].map((lane) => delivery(lane))));
  assert.deepEqual(five.map((batch) => batch.rows.length), [2, 2, 1]);
});

Deno.test("a lane whose first delivery failed has a stream beside those that did not", () => {
  const failed = [delivery("a", 1, { attempts: 1 }), delivery("a")];
  const [b, c] = [delivery("b"), delivery("c")];
  const streams = streamsOf({ batchSize: 9 }, lanesOf([...failed, b, c]));
  assert.deepEqual(streams, [[{ rows: [b, c] }], [{ rows: failed }]]);
});

Deno.test("a request is one event, or a batch with an id of its deliveries", () => {
  const [one, two] = [delivery("a"), delivery("b")];
  two.events[0].at = one.events[0].at + 1_000;
  const request = (batchSize: number, rows: WebhookDelivery[]) => {
    const { id, body } = requestOf({ batchSize }, { rows }, payloadsOf(rows));
    return { id, body: JSON.parse(body) };
  };
  const [payload] = payloadsOf([one]);
  assert.deepEqual(request(1, [one]), { id: payload.id, body: payload });
  const alone = request(5, [one]);
  assert.equal(alone.id, one.deliveryId);
  assert.deepEqual([alone.body.type, alone.body.data], ["batch", [payload]]);
  const both = request(5, [one, two]);
  assert.equal(both.id, `${one.deliveryId}_${two.deliveryId}_2`);
  assert.deepEqual(both.body.data, payloadsOf([one, two]));
  assert.equal(both.body.timestamp, payloadsOf([two])[0].timestamp, "the time of its last event");
  // Events that were sent one at a time may wait while the endpoint is changed to batches, and
  // back.
  const larger = [delivery("a", 2)];
  assert.equal(request(1, larger).body.type, "batch");
});

async function subscribed(...endpoints: ReturnType<typeof anEndpoint>[]) {
  const store = { webhooks: { list: () => Promise.resolve(endpoints) } } as never;
  const subscriptions = new WebhookSubscriptions(store, { now: () => 7 });
  await subscriptions.refresh();
  return subscriptions;
}

const event = (type: string, chatId: string | null, id = newId()) =>
  ({ type, id, chatId, rev: chatId === null ? null : 4 }) as NewWebhookEvent;

Deno.test("WebhookSubscriptions writes deliveries for endpoints that want the event and are not paused", async () => {
  const [active, down, paused] = (["active", "down", "paused"] as const)
    .map((status) => anEndpoint({ status, events: ["message.created"] }));
  const subscriptions = await subscribed(active, down, paused);
  const wanted = event("message.created", "chat");
  const rows = subscriptions.plan([event("message.updated", "chat"), wanted]);
  assert.deepEqual(rows.map((row) => row.webhookId), [active.id, down.id]);
  for (const row of rows) {
    assert.deepEqual([row.lane, row.position, row.createdAt, row.dueAt], ["chat", 4, 7, 7]);
    assert.deepEqual(row.events.map(({ id }) => id), [wanted.id]);
    assert.equal(row.deliveryId, row.events[0].eventId);
  }
  assert.deepEqual(subscriptions.plan([]), []);
  assert.deepEqual(subscriptions.all().map(({ id }) => id), [active.id, down.id, paused.id]);
});

Deno.test("WebhookSubscriptions puts the events of a chat's commit together, up to the batch, and no others", async () => {
  const subscriptions = await subscribed(
    anEndpoint({ batchSize: 3, events: ["message.created", "user.updated"] }),
  );
  const inChat = Array.from({ length: 7 }, () => event("message.created", "chat"));
  assert.deepEqual(subscriptions.plan(inChat).map(({ events }) => events.length), [3, 3, 1]);
  const users = [event("user.updated", null, "ann"), event("user.updated", null, "bob")];
  const rows = subscriptions.plan(users);
  assert.deepEqual(rows.map(({ lane, position }) => [lane, position]), [["ann", 7], ["bob", 7]]);
});

Deno.test("a payload names an event whose row is gone, without data", async () => {
  const none = {
    byId: () => Promise.resolve(null),
    byIds: () => Promise.resolve([]),
    of: () => Promise.resolve(null),
    changed: () => Promise.resolve([]),
  };
  const rows = new Proxy({}, { get: () => none }) as EventRows;
  const types = WEBHOOK_EVENTS.filter((type) => !["user.deleted", "media.deleted"].includes(type));
  const deliveries = types.map((type) => {
    const [event] = aDelivery("endpoint").events;
    return aDelivery("endpoint", { events: [{ ...event, type }] });
  });
  const payloads = await new WebhookPayloads(rows).of(deliveries);
  assert.deepEqual(payloads.map(({ type }) => type), types);
  for (const { type, data } of payloads) assert.equal(data, null, type);
});
