import assert from "node:assert/strict";
import { ApiKeys } from "../../src/api_keys/api_keys.ts";
import { AuditTrail } from "../../src/audit/audit_trail.ts";
import { toBase64Url } from "../../src/core/base64url.ts";
import { AppError } from "../../src/core/errors.ts";
import { newId } from "../../src/core/ids.ts";
import { Devices } from "../../src/encryption/devices.ts";
import type { Caller, ServerCaller } from "../../src/model/caller.ts";
import { PushDevices } from "../../src/notifications/push/devices.ts";
import type { Store } from "../../src/store/store.ts";
import { Blocks } from "../../src/users/blocks.ts";
import { WebhookEndpoints, type WebhookEndpointsOptions } from "../../src/webhooks/endpoints.ts";
import { anApiKey } from "../contract/store/rows.ts";
import { anEndpoint } from "../contract/store/webhooks.ts";
import { type AccountWorld, onBothStores } from "../support/account_world.ts";
import { VISITOR } from "../support/held_auth.ts";

/** Requests at the same time on two instances, to pass a limit that each instance alone holds. */

const test = onBothStores();
const AT_ONCE = 3;

/** Adds rows through two instances at once; every refusal is a `conflict`. */
async function race(world: AccountWorld, instanceOf: (store: Store) => () => Promise<unknown>) {
  const stores = [await world.openStore(), await world.openStore()];
  // Connected before, so that the first requests are at the same time.
  await Promise.all(stores.map((store) => store.users.byIds([newId()])));
  const added = stores.map(instanceOf)
    .flatMap((add) => Array.from({ length: AT_ONCE }, () => add()));
  const outcomes = await Promise.allSettled(added);
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") continue;
    assert.equal((outcome.reason as AppError).code, "conflict", String(outcome.reason));
  }
  return {
    store: stores[0],
    made: outcomes.filter(({ status }) => status === "fulfilled").length,
    close: () => Promise.all(stores.map((store) => store.close())),
  };
}

const clockOf = (world: AccountWorld) => ({ now: () => world.now() });

test("two instances register no more push devices than the limit", async (world) => {
  const ann = await world.register("ann");
  const first = await world.openStore();
  const [{ id: sessionId }] = await first.sessions.ofUser(ann.id);
  await first.close();
  const caller = { ...VISITOR, userId: ann.id, sessionId } as Caller;
  const { store, made, close } = await race(world, (store) => {
    const limits = { pushDevices: 1 };
    const devices = new PushDevices({ store, clock: clockOf(world), limits, allowedOrigins: [] });
    return () => devices.register(caller, { kind: "fcm", token: newId() }, "phone");
  });
  const stored = await store.pushDevices.ofUser(ann.id);
  assert.ok(stored.length <= 1 && made === stored.length, `${made} made, ${stored.length} stored`);
  await close();
});

test("two instances register no more encryption devices than the limit", async (world) => {
  const ann = await world.register("ann");
  const notices = { devices: () => Promise.resolve() } as never;
  const { store, made, close } = await race(world, (store) => {
    const devices = new Devices(store, null as never, notices, clockOf(world), { devices: 1 });
    return () => {
      const signatureKey = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
      return devices.register(ann.id, { name: "phone", signatureKey });
    };
  });
  const stored = await store.devices.ofUsers([ann.id]);
  assert.ok(stored.length <= 1 && made === stored.length, `${made} made, ${stored.length} stored`);
  await close();
});

test("two instances add no more blocks than the limit", async (world) => {
  const ann = await world.register("ann");
  const others: string[] = [];
  for (let i = 0; i < 2 * AT_ONCE; i++) others.push((await world.register(`other-${i}`)).id);
  const caller = { ...VISITOR, userId: ann.id, sessionId: newId() } as Caller;
  const { store, made, close } = await race(world, (store) => {
    const clock = clockOf(world);
    const publisher = { toUsers() {} };
    const audit = new AuditTrail(store, clock);
    const blocks = new Blocks({ store, publisher, audit, clock, limits: { blocks: 1 } });
    return () => blocks.set(caller, others.pop()!, true);
  });
  const stored = await store.blocks.by(ann.id);
  assert.ok(stored.length <= 1 && made === stored.length, `${made} made, ${stored.length} stored`);
  await close();
});

test("two instances make no more API keys than the limit", async (world) => {
  const first = await world.openStore();
  for (let i = 0; i < 199; i++) await first.apiKeys.create(anApiKey());
  await first.close();
  const { store, close } = await race(world, (store) => {
    const clock = clockOf(world);
    const keys = new ApiKeys({
      store,
      audit: new AuditTrail(store, clock),
      usage: null as never,
      clock,
    });
    return () => keys.create(null, { name: "backend", scopes: [], expiresAt: null });
  });
  assert.ok(await store.apiKeys.countActive(world.now()) <= 200);
  await close();
});

test("two instances, and one alone, make no more webhook endpoints than the limit", async (world) => {
  const caller = { ...VISITOR, userId: null, key: anApiKey() } as ServerCaller;
  const [stored] = anEndpoint().secrets;
  const origin = "https://hooks.example.org";
  const fields = { url: `${origin}/1`, description: "", events: ["*"] as never, batchSize: 1 };
  const { store, made, close } = await race(world, (store) => {
    const endpoints = new WebhookEndpoints({
      store,
      secrets: { make: () => Promise.resolve({ secret: "secret", stored }) },
      audit: { by: () => Promise.resolve() },
      clock: clockOf(world),
      limits: { webhooks: 1 },
      allowedOrigins: [origin],
      onChanged: () => Promise.resolve(),
    } as unknown as WebhookEndpointsOptions);
    return () => endpoints.create(caller, fields);
  });
  const { length } = await store.webhooks.list();
  assert.ok(length <= 1 && made === length, `${made} made, ${length} stored`);
  await close();
});
