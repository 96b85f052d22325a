import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type {
  NewWebhookEvent,
  WebhookDelivery,
  WebhookEndpoint,
} from "../../../src/model/webhook.ts";
import type { Store } from "../../../src/store/store.ts";
import { aChange, aMedia, aReport, aUser, storedChat, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function webhookContract(test: ContractTest): void {
  test("an endpoint is created, changed, listed and removed with its deliveries", async (store) => {
    const [first, second] = [anEndpoint(), anEndpoint()];
    for (const endpoint of [first, second]) await store.webhooks.create(endpoint, Infinity);
    await assert.rejects(store.webhooks.create(first, Infinity), {
      name: "DuplicateKey",
      key: "id",
    });
    assert.deepEqual(await store.webhooks.list(), [first, second]);
    const changed = { ...first, status: "paused" as const, pauseReason: "gone" as const };
    const patch = { status: changed.status, pauseReason: changed.pauseReason, url: undefined };
    assert.deepEqual(await store.webhooks.update(first.id, patch), changed);
    assert.deepEqual(await store.webhooks.byId(first.id), changed);
    assert.equal(await store.webhooks.update(newId(), patch), null);
    const [own, other] = [aDelivery(first.id), aDelivery(second.id)];
    await store.webhookDeliveries.add([own, other]);
    assert.equal(await store.webhooks.remove(first.id), true);
    assert.equal(await store.webhooks.remove(first.id), false);
    assert.equal(await store.webhookDeliveries.byKey(own), null);
    assert.deepEqual(await store.webhookDeliveries.byKey(other), other);
  });

  test("one secret of an endpoint is replaced, unless it has been already", async (store) => {
    const secrets = [{ sealed: "new", expiresAt: null }, { sealed: "old", expiresAt: T0 + 9 }];
    const [endpoint, other] = [anEndpoint({ secrets }), anEndpoint({ secrets })];
    for (const each of [endpoint, other]) await store.webhooks.create(each, Infinity);
    assert.equal(await store.webhooks.replaceSecret(endpoint.id, "old", "again"), true);
    assert.equal(await store.webhooks.replaceSecret(endpoint.id, "old", "lost"), false);
    assert.equal(await store.webhooks.replaceSecret(newId(), "new", "lost"), false);
    const replaced = [secrets[0], { ...secrets[1], sealed: "again" }];
    assert.deepEqual(await store.webhooks.list(), [{ ...endpoint, secrets: replaced }, other]);
  });

  test("pending deliveries come by lane and position, whichever was written first", async (store) => {
    const { id } = anEndpoint();
    const [a, b] = [newId(), newId()];
    const late = aDelivery(id, { lane: a, position: 9, dueAt: T0 + 99 });
    const early = aDelivery(id, { lane: a, position: 3 });
    const other = aDelivery(id, { lane: b, position: 1 });
    const done = aDelivery(id, { lane: a, position: 1, dueAt: null, status: "delivered" });
    await store.webhookDeliveries.add([late, early, other, done, aDelivery(newId())]);
    const { webhookDeliveries } = store;
    assert.deepEqual(await webhookDeliveries.pending(id, "", 9), [early, late, other]);
    assert.deepEqual(await webhookDeliveries.pending(id, "", 1), [early]);
    assert.deepEqual(await webhookDeliveries.pending(id, a, 9), [other]);
    assert.equal(await webhookDeliveries.countPending(id, 2), 2);
    assert.equal(await webhookDeliveries.countPending(id, 9), 3);
    const none = newId();
    assert.deepEqual(await webhookDeliveries.withPending([none, id]), [id]);
  });

  test("a result ends a delivery or says when it is tried again; waking makes all due", async (store) => {
    const { id } = anEndpoint();
    const [sent, failed] = [aDelivery(id), aDelivery(id)];
    await store.webhookDeliveries.add([sent, failed]);
    const answer = { at: T0, status: 200, body: "ok", durationMs: 3, error: null };
    const delivered = { ...sent, status: "delivered" as const, attempts: 1, dueAt: null, answer };
    const again = { ...failed, attempts: 2, dueAt: T0 + 50, answer: { ...answer, status: 500 } };
    await store.webhookDeliveries.settle([delivered, again, aDelivery(id)]);
    assert.deepEqual(await store.webhookDeliveries.byKey(sent), delivered);
    assert.deepEqual(await store.webhookDeliveries.pending(id, "", 9), [again]);
    await store.webhookDeliveries.wake(id, T0 + 5);
    await store.webhookDeliveries.wake(id, T0 + 60);
    assert.deepEqual(await store.webhookDeliveries.pending(id, "", 9), [
      { ...again, dueAt: T0 + 5 },
    ]);
    assert.equal((await store.webhookDeliveries.byKey(sent))!.dueAt, null);
  });

  test("deliveries are listed newest first, by status, and old ones are purged", async (store) => {
    const { id } = anEndpoint();
    const ended = { status: "delivered", dueAt: null } as const;
    const rows = [
      aDelivery(id, { ...ended, createdAt: T0 - 9 }),
      aDelivery(id, { ...ended, status: "failed" }),
      aDelivery(id, { createdAt: T0 - 9 }),
      aDelivery(id, ended),
      aDelivery(id, ended),
    ];
    await store.webhookDeliveries.add(rows);
    const listed = async (query: object) => {
      const all = { webhookId: id, status: null, before: null, limit: 9, ...query };
      return (await store.webhookDeliveries.list(all)).map((row) =>
        rows.findIndex(
          ({ deliveryId }) => deliveryId === row.deliveryId,
        )
      );
    };
    assert.deepEqual(await listed({}), [4, 3, 2, 1, 0]);
    assert.deepEqual(await listed({ before: rows[3].deliveryId, limit: 2 }), [2, 1]);
    assert.deepEqual(await listed({ status: "delivered" }), [4, 3, 0]);
    await store.webhookDeliveries.purge(id, T0 - 5, 9);
    assert.deepEqual(await listed({}), [4, 3, 2, 1]);
    await store.webhookDeliveries.purge(id, 0, 1);
    assert.deepEqual(await listed({}), [4, 2]);
  });

  test("a commit writes the deliveries of its events, and a stale one none", async (store) => {
    const { chat } = await storedChat(store, {});
    const { id } = anEndpoint();
    const [kept, lost] = [aDelivery(id), aDelivery(id)];
    const changed = { ...chat, rev: chat.rev + 1 };
    const change = aChange(chat.rev, changed, { webhooks: [kept] });
    assert.equal(await store.chats.commit(change), "committed");
    assert.equal(await store.chats.commit({ ...change, webhooks: [lost] }), "stale");
    assert.deepEqual(await store.webhookDeliveries.pending(id, "", 9), [kept]);
  });

  test("people, uploads and reports write the deliveries of their events", async (store) => {
    const { id } = anEndpoint();
    const names = recordInto(store, id);
    const user = aUser();
    await store.users.create(user);
    await store.users.update(user.id, { status: { state: "busy", text: "" } });
    await store.users.update(user.id, { displayName: "Ann" });
    await store.users.update(user.id, { displayName: "Ann" });
    await store.accounts.change(user.id, T0 + 1, () => ({ user: { bio: "kites" } }));
    await store.accounts.change(user.id, T0 + 2, () => ({ user: { deletedAt: T0 + 2 } }));
    assert.equal(await store.users.update(user.id, { displayName: "", deletedAt: T0 + 3 }), null);
    assert.equal(await store.accounts.change(user.id, T0 + 3, () => ({ user: { bio: "" } })), null);
    assert.deepEqual(await names(), [
      "user.created",
      "user.updated",
      "user.updated",
      "user.deleted",
    ]);
    const media = aMedia({ status: "pending", uses: 0, checkAt: T0 });
    await store.media.create(media);
    await store.media.update(media.id, "pending", { status: "ready", checkAt: T0 });
    await store.media.update(media.id, "ready", { checkAt: T0 + 1 });
    assert.equal(await store.media.markDeleting(media.id, T0), false);
    assert.equal(await store.media.markDeleting(media.id, T0 + 1), true);
    await store.media.remove(media.id);
    for (const status of ["pending", "ready"] as const) {
      const removed = aMedia({ status, uses: 0, checkAt: T0 });
      await store.media.create(removed);
      await store.media.remove(removed.id);
    }
    await store.reports.create(aReport());
    assert.deepEqual((await names()).slice(4), [
      "media.ready",
      "media.deleted",
      "media.ready",
      "media.deleted",
      "report.created",
    ]);
  });

  test("a change that fails writes no delivery", async (store) => {
    const { id } = anEndpoint();
    const names = recordInto(store, id);
    const user = aUser();
    await store.users.create(user);
    await assert.rejects(store.users.create(aUser({ username: user.username })));
    const other = aUser();
    await store.users.create(other);
    const taken = { username: user.username, usernameKey: user.usernameKey };
    await assert.rejects(store.users.update(other.id, taken));
    assert.deepEqual(await names(), ["user.created", "user.created"]);
  });
}

/** Subscribes an endpoint to everything, and returns the names of what was written. */
function recordInto(store: Store, webhookId: string): () => Promise<string[]> {
  store.webhookDeliveries.planner = (events: readonly NewWebhookEvent[]) =>
    events.map((event) =>
      aDelivery(webhookId, { lane: event.id, events: [{ eventId: newId(), ...event, at: T0 }] })
    );
  return async () => {
    const query = { webhookId, status: null, before: null, limit: 100 };
    const rows = await store.webhookDeliveries.list(query);
    return rows.reverse().flatMap(({ events }) => events.map(({ type }) => type));
  };
}

export function anEndpoint(fields: Partial<WebhookEndpoint> = {}): WebhookEndpoint {
  return {
    id: newId(),
    url: "https://backend.example.org/hooks",
    description: "",
    events: ["message.created"],
    batchSize: 1,
    secrets: [{ sealed: "sealed", expiresAt: null }],
    status: "active",
    pauseReason: null,
    failingSince: null,
    createdBy: newId(),
    createdAt: T0,
    updatedAt: T0,
    ...fields,
  };
}

export function aDelivery(
  webhookId: string,
  fields: Partial<WebhookDelivery> = {},
): WebhookDelivery {
  const lane = newId();
  return {
    webhookId,
    deliveryId: newId(),
    lane,
    position: 1,
    events: [{
      eventId: newId(),
      type: "message.created",
      id: newId(),
      chatId: lane,
      rev: 1,
      at: T0,
    }],
    status: "pending",
    attempts: 0,
    createdAt: T0,
    dueAt: T0,
    answer: null,
    ...fields,
  };
}
