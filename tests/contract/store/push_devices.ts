import assert from "node:assert/strict";
import { idsOf, newId } from "../../../src/core/ids.ts";
import { aChange, aChat, aMember, aPushDevice, aSession, aUser, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function pushDeviceContract(test: ContractTest): void {
  test("a device registered again keeps its id, and belongs to the last person", async (store) => {
    const device = aPushDevice();
    assert.deepEqual(await store.pushDevices.put(device, 1), { outcome: "added", row: device });
    const renewed = { ...device, name: "renewed", updatedAt: T0 + 1 };
    assert.deepEqual(await store.pushDevices.put({ ...renewed, id: newId() }, 1), {
      outcome: "exists",
      row: renewed,
    });
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
    assert.deepEqual(await store.pushDevices.put(again, 1), { outcome: "added", row: kept });
    assert.deepEqual(await store.pushDevices.ofUser(device.userId), []);
    assert.deepEqual(await store.pushDevices.ofUser(again.userId), [kept]);
  });

  test("devices are read for one person and for many, and removed by their owner", async (store) => {
    const userId = newId();
    const older = aPushDevice({ userId }), newer = aPushDevice({ userId, updatedAt: T0 + 1 });
    const other = aPushDevice();
    for (const device of [older, newer, other]) await store.pushDevices.put(device, Infinity);
    assert.deepEqual(await store.pushDevices.ofUser(userId), [newer, older]);
    const found = await store.pushDevices.ofUsers([userId, other.userId, newId()]);
    assert.deepEqual(new Set(found.map(({ id }) => id)), new Set([older.id, newer.id, other.id]));
    assert.equal(await store.pushDevices.remove(userId, other.id), false);
    assert.equal(await store.pushDevices.remove(userId, older.id), true);
    assert.equal(await store.pushDevices.remove(userId, older.id), false);
    assert.equal(await store.pushDevices.deleteAllOf(userId), 1);
    assert.deepEqual(await store.pushDevices.ofUsers([userId, other.userId]), [other]);
  });

  test("a chat has no device before one of its members has one", async (store) => {
    const chat = aChat();
    const member = aMember(chat.id);
    await store.chats.commit(aChange(0, chat, { members: [member] }));
    assert.equal(await store.pushDevices.anyInChat(chat.id), false);
    await store.pushDevices.put(aPushDevice({ userId: member.userId }), 5);
    assert.equal(await store.pushDevices.anyInChat(chat.id), true);
  });

  test("two first registrations of one device leave one row", async (store, opened) => {
    const other = await opened.second();
    const device = aPushDevice();
    const put = await Promise.all(
      [store, other].map((each) => each.pushDevices.put({ ...device, id: newId() }, Infinity)),
    );
    const [row, ...others] = await store.pushDevices.ofUser(device.userId);
    assert.deepEqual(others, []);
    assert.deepEqual(put.map(({ outcome }) => outcome).sort(), ["added", "exists"]);
    for (const each of put) assert.deepEqual("row" in each && each.row, row);
  });

  test("push devices end with the session that registered them", async (store) => {
    const userId = newId();
    const sessions = [1, 2, 3].map(() => aSession({ userId }));
    for (const session of sessions) await store.sessions.create(session);
    const devices = sessions.map(({ id }) => aPushDevice({ userId, sessionId: id }));
    for (const device of devices) await store.pushDevices.put(device, Infinity);
    const [first, second, third] = devices;
    assert.equal(await store.sessions.end(first.sessionId, T0 + 1, "logout"), true);
    assert.deepEqual(idsOf(await store.pushDevices.ofUsers([userId])), idsOf([second, third]));
    await store.users.create(aUser({ id: userId }));
    const endSessions = { ids: [second.sessionId], reason: "suspended" as const };
    await store.accounts.change(userId, T0 + 2, () => ({ endSessions }));
    assert.deepEqual(await store.pushDevices.ofUsers([userId]), [third]);
  });

  test("purging removes devices of sessions that are missing, ended or expired", async (store) => {
    const userId = newId();
    const session = aSession({ userId, expiresAt: T0 + 10 });
    await store.sessions.create(session);
    const alive = aPushDevice({ userId, sessionId: session.id });
    const orphan = aPushDevice({ userId });
    for (const device of [alive, orphan]) await store.pushDevices.put(device, Infinity);
    assert.equal(await store.pushDevices.purge(T0 + 9) >= 1, true);
    assert.deepEqual(await store.pushDevices.ofUsers([userId, orphan.userId]), [alive]);
    assert.equal(await store.pushDevices.purge(T0 + 10) >= 1, true);
    assert.deepEqual(await store.pushDevices.ofUsers([userId]), []);
  });
}
