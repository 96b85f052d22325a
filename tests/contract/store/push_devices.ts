import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import { aPushDevice, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function pushDeviceContract(test: ContractTest): void {
  test("a device registered again is the same, and whoever's did so last", async (store) => {
    const device = aPushDevice();
    assert.deepEqual(await store.pushDevices.put(device), device);
    const web = {
      kind: "web",
      endpoint: "https://push.example.org/1",
      p256dh: "p",
      auth: "a",
    } as const;
    const again = aPushDevice({
      key: device.key,
      address: web,
      createdAt: T0 + 5,
      updatedAt: T0 + 5,
    });
    const kept = { ...again, id: device.id, createdAt: T0 };
    assert.deepEqual(await store.pushDevices.put(again), kept);
    assert.deepEqual(await store.pushDevices.ofUser(device.userId), []);
    assert.deepEqual(await store.pushDevices.ofUser(again.userId), [kept]);
  });

  test("devices are had for one person and for many, and removed by their owner", async (store) => {
    const userId = newId();
    const older = aPushDevice({ userId }), newer = aPushDevice({ userId, updatedAt: T0 + 1 });
    const other = aPushDevice();
    for (const device of [older, newer, other]) await store.pushDevices.put(device);
    assert.deepEqual(await store.pushDevices.ofUser(userId), [newer, older]);
    const found = await store.pushDevices.ofUsers([userId, other.userId, newId()]);
    assert.deepEqual(new Set(found.map(({ id }) => id)), new Set([older.id, newer.id, other.id]));
    assert.equal(await store.pushDevices.remove(userId, other.id), false);
    assert.equal(await store.pushDevices.remove(userId, older.id), true);
    assert.equal(await store.pushDevices.remove(userId, older.id), false);
    assert.equal(await store.pushDevices.forgetAllOf(userId), 1);
    assert.deepEqual(await store.pushDevices.ofUsers([userId, other.userId]), [other]);
  });

  test("two first registrations of one device leave one row", async (store, opened) => {
    const other = await opened.second();
    const device = aPushDevice();
    await Promise.all(
      [store, other].map((each) => each.pushDevices.put({ ...device, id: newId() })),
    );
    assert.equal((await store.pushDevices.ofUser(device.userId)).length, 1);
  });
}
