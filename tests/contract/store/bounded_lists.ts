import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Store } from "../../../src/store/store.ts";
import { aRequest } from "./contacts.ts";
import { aDevice, aKeyPackage } from "./encryption.ts";
import { aBlock, anApiKey, aPushDevice, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";
import { anEndpoint } from "./webhooks.ts";

const MAX = 5;
const AT_ONCE = 30;

/** A list with a maximum, of a user or of the whole store. */
interface BoundedList {
  /** Runs once, before the first add. */
  prepare?(store: Store): Promise<unknown>;
  /** Adds another row at each call, with a maximum of `MAX`. */
  add(store: Store): Promise<unknown>;
  /** Number of rows in the list. */
  count(store: Store): Promise<number>;
  removeOne(store: Store): Promise<unknown>;
  /** The result of an add to the full list. */
  full?: unknown;
}

/** A list that grows by an operation of the port belongs here. */
function boundedLists(): Record<string, BoundedList> {
  const userId = newId();
  const unexpired = { now: T0, before: null, limit: 99 };
  const limits = { received: MAX, sent: MAX };
  const backup = { id: newId(), userId, keyCheck: "", parts: 0, createdAt: T0, updatedAt: T0 };
  return {
    "API keys": {
      add: (store) => store.apiKeys.create(anApiKey(), MAX),
      count: (store) => store.apiKeys.countActive(T0),
      async removeOne(store) {
        const [{ id }] = await store.apiKeys.list({ before: null, limit: 1 });
        await store.apiKeys.end(id, T0);
      },
    },
    "encryption devices": {
      add: (store) => store.devices.create(aDevice(userId), MAX),
      count: async (store) => (await store.devices.ofUsers([userId])).length,
      async removeOne(store) {
        const [{ id }] = await store.devices.ofUsers([userId]);
        await store.devices.remove(userId, [id]);
      },
    },
    "key packages": {
      add: (store) => store.keyPackages.add(userId, [aKeyPackage(userId)], { max: MAX, now: T0 }),
      count: (store) => store.keyPackages.count(userId, T0),
      removeOne: (store) => store.keyPackages.claim(userId, T0),
    },
    "push devices": {
      add: (store) => store.pushDevices.put(aPushDevice({ userId }), MAX),
      count: async (store) => (await store.pushDevices.ofUser(userId)).length,
      async removeOne(store) {
        const [{ id }] = await store.pushDevices.ofUser(userId);
        await store.pushDevices.remove(userId, id);
      },
    },
    blocks: {
      add: (store) => store.blocks.add(aBlock({ blockerId: userId }), MAX),
      count: async (store) => (await store.blocks.by(userId)).length,
      async removeOne(store) {
        const [{ blockedId }] = await store.blocks.by(userId);
        await store.blocks.remove(userId, blockedId);
      },
    },
    "webhook endpoints": {
      add: (store) => store.webhooks.create(anEndpoint(), MAX),
      count: async (store) => (await store.webhooks.list()).length,
      removeOne: async (store) => store.webhooks.remove((await store.webhooks.list())[0].id),
    },
    "contact requests to a person": {
      add: (store) => store.contacts.addRequest(aRequest({ userId }), limits),
      count: async (store) => (await store.contacts.received(userId, unexpired)).length,
      async removeOne(store) {
        const [{ id }] = await store.contacts.received(userId, unexpired);
        await store.contacts.removeRequest(id);
      },
      full: "full",
    },
    "contact requests of a person": {
      add: (store) => store.contacts.addRequest(aRequest({ fromId: userId }), limits),
      count: async (store) => (await store.contacts.sent(userId, unexpired)).length,
      async removeOne(store) {
        const [{ id }] = await store.contacts.sent(userId, unexpired);
        await store.contacts.removeRequest(id);
      },
      full: "full",
    },
    "parts of a history backup": {
      prepare: (store) => store.historyBackups.replace(backup),
      add(store) {
        const part = { backupId: backup.id, name: newId(), data: "" };
        return store.historyBackups.putPart(userId, part, { maxParts: MAX, now: T0 });
      },
      count: async (store) => (await store.historyBackups.ofUser(userId))!.parts,
      removeOne: (store) => store.historyBackups.replace(backup),
      full: "full",
    },
  };
}

export function boundedListContract(test: ContractTest): void {
  for (const [name, list] of Object.entries(boundedLists())) {
    test(`concurrent adds of two instances fill ${name} and no more`, async (store, { second }) => {
      const stores = [store, await second()];
      await list.prepare?.(store);
      assert.equal(await list.count(store), 0);
      const outcomes = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, i) => list.add(stores[i % 2])),
      );
      assert.equal(await list.count(stores[1]), MAX);
      const full = list.full ?? { outcome: "full", count: MAX };
      const refused = outcomes.filter((outcome) => isEqual(outcome, full));
      assert.equal(refused.length, AT_ONCE - MAX, JSON.stringify(outcomes));
      await list.removeOne(store);
      assert.ok(!isEqual(await list.add(stores[1]), full), "there is room for one more");
      assert.ok(await list.count(store) <= MAX);
    });
  }

  test("what a list has already takes no room in it", async (store) => {
    const [userId, deviceId] = [newId(), newId()];
    const device = aDevice(userId);
    assert.deepEqual(await store.devices.create(device, 1), { outcome: "added", row: device });
    const again = { ...device, id: newId(), name: "again" };
    assert.deepEqual(await store.devices.create(again, 1), { outcome: "exists", row: device });
    const bound = { max: 2, now: T0 };
    const packages = [aKeyPackage(deviceId), aKeyPackage(deviceId)];
    const last = aKeyPackage(deviceId, { isLastResort: true });
    const both = { outcome: "added", count: 2 };
    assert.deepEqual(await store.keyPackages.add(deviceId, packages, bound), both);
    assert.deepEqual(await store.keyPackages.add(deviceId, [...packages, last], bound), both);
    const more = [aKeyPackage(deviceId), aKeyPackage(deviceId, { isLastResort: true })];
    const full = { outcome: "full", count: 2 };
    assert.deepEqual(await store.keyPackages.add(deviceId, more, bound), full);
    assert.deepEqual(await store.keyPackages.lastResort(deviceId, T0), last, "nothing was written");
  });
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
