import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Device, StoredKeyPackage } from "../../../src/model/device.ts";
import type { Handshake, StoredWelcome } from "../../../src/model/handshake.ts";
import type { MlsChange } from "../../../src/store/chat_store.ts";
import type { Store } from "../../../src/store/store.ts";
import { aChange, aChat, aMember, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";
import { duplicateOf } from "./duplicates.ts";

export function encryptionContract(test: ContractTest): void {
  deviceContract(test);
  keyPackageContract(test);
  handshakeContract(test);
}

const ROOM = { max: Infinity, now: T0 };

function deviceContract(test: ContractTest): void {
  test("devices are listed in order of person and age", async ({ devices }) => {
    const [ann, bob] = [newId(), newId()];
    const rows = [aDevice(ann), aDevice(ann), aDevice(bob)];
    for (const row of rows.toReversed()) await devices.create(row, Infinity);
    assert.deepEqual(await devices.byId(rows[1].id), rows[1]);
    assert.equal(await devices.byId(newId()), null);
    assert.deepEqual(await devices.ofUsers([bob, ann, newId()]), rows);
    assert.deepEqual(await devices.byIds([rows[2].id, newId(), rows[2].id]), [rows[2]]);
    assert.deepEqual(await devices.byIds([]), []);
    const taken = { ...aDevice(ann), id: rows[0].id };
    await assert.rejects(devices.create(taken, Infinity), duplicateOf("id"));
  });

  test("only the owner removes devices, with everything that waits for them", async (store) => {
    const [ann, bob] = [newId(), newId()];
    const [gone, kept, bobs] = [aDevice(ann), aDevice(ann), aDevice(bob)];
    for (const row of [gone, kept, bobs]) await store.devices.create(row, Infinity);
    for (const { id } of [gone, kept]) {
      await store.keyPackages.add(id, [aKeyPackage(id)], ROOM);
    }
    const chat = aChat({ encrypted: true, epoch: 1 });
    const welcomes = [aWelcome(chat.id, gone), aWelcome(chat.id, kept)];
    await makeChat(store, chat.id, welcomes);
    assert.deepEqual(await store.devices.remove(ann, [gone.id, bobs.id]), [gone]);
    assert.deepEqual(await store.devices.remove(ann, [gone.id]), []);
    assert.equal(await store.keyPackages.claim(gone.id, T0), null);
    assert.deepEqual(await store.handshakes.welcomesFor(gone.id, 10), []);
    assert.deepEqual(await store.handshakes.welcomesFor(kept.id, 10), [welcomes[1]]);
    assert.equal(await store.keyPackages.count(kept.id, T0), 1);
    assert.deepEqual(await store.devices.remove(ann), [kept]);
    assert.deepEqual(await store.devices.ofUsers([ann, bob]), [bobs]);
  });
}

function keyPackageContract(test: ContractTest): void {
  test("each key package is claimed once, the oldest first, then the last resort", async (store) => {
    const { keyPackages } = store;
    const deviceId = newId();
    const first = aKeyPackage(deviceId, { createdAt: T0 });
    const second = aKeyPackage(deviceId, { createdAt: T0 + 1 });
    const last = aKeyPackage(deviceId, { isLastResort: true, createdAt: T0 - 1 });
    await keyPackages.add(deviceId, [second, last], ROOM);
    await keyPackages.add(deviceId, [first, second], ROOM);
    assert.equal(await keyPackages.count(deviceId, T0), 2);
    assert.deepEqual(await keyPackages.claim(deviceId, T0), { keyPackage: first, remaining: 1 });
    assert.deepEqual(await keyPackages.claim(deviceId, T0), { keyPackage: second, remaining: 0 });
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(await keyPackages.claim(deviceId, T0), { keyPackage: last, remaining: 0 });
    }
    assert.deepEqual(await keyPackages.lastResort(deviceId, T0), last);
    const newer = aKeyPackage(deviceId, { isLastResort: true });
    await keyPackages.add(deviceId, [newer], ROOM);
    assert.deepEqual((await keyPackages.claim(deviceId, T0))?.keyPackage, newer);
    assert.equal(await keyPackages.claim(newId(), T0), null);
    await keyPackages.add(deviceId, [], ROOM);
  });

  test("expired key packages are not claimed, and are purged", async ({ keyPackages }) => {
    const deviceId = newId();
    const expired = aKeyPackage(deviceId, { expiresAt: T0 });
    const good = aKeyPackage(deviceId, { expiresAt: T0 + 1 });
    const last = aKeyPackage(deviceId, { isLastResort: true, expiresAt: T0 });
    await keyPackages.add(deviceId, [expired, good, last], ROOM);
    assert.equal(await keyPackages.count(deviceId, T0), 1);
    assert.deepEqual(await keyPackages.claim(deviceId, T0), { keyPackage: good, remaining: 0 });
    assert.equal(await keyPackages.claim(deviceId, T0), null);
    assert.equal(await keyPackages.lastResort(deviceId, T0), null);
    assert.equal(await keyPackages.purge(T0), 0);
    assert.equal(await keyPackages.purge(T0 + 1), 2);
  });

  test("concurrent claims get a key package each, across instances", async (store, { second }) => {
    const other = await second();
    const deviceId = newId();
    const rows = Array.from({ length: 12 }, () => aKeyPackage(deviceId));
    await store.keyPackages.add(deviceId, rows, ROOM);
    const claims = await Promise.all(
      rows.map((_, i) => (i % 2 ? store : other).keyPackages.claim(deviceId, T0)),
    );
    const ids = claims.map((claim) => claim!.keyPackage.id);
    assert.deepEqual(ids.toSorted(), rows.map(({ id }) => id).toSorted());
  });
}

function handshakeContract(test: ContractTest): void {
  test("a Commit is written with its revision, or not at all", async (store) => {
    const chat = aChat({ encrypted: true, epoch: 0 });
    const member = aMember(chat.id);
    await store.chats.commit(aChange(0, { ...chat, rev: 2 }, { members: [member] }));
    const device = aDevice(member.userId);
    const welcome = aWelcome(chat.id, device);
    const mls = mlsChange(chat.id, 3, 0, [welcome]);
    const next = aChange(2, { ...chat, rev: 3, epoch: 1 }, { mls });
    assert.equal(await store.chats.commit({ ...next, expectedRev: 1 }), "stale");
    assert.equal(await store.handshakes.byEpoch(chat.id, 0, 0), null);
    assert.equal(await store.handshakes.groupInfo(chat.id), null);
    assert.equal(await store.chats.commit(next), "committed");
    assert.deepEqual(await store.handshakes.byEpoch(chat.id, 0, 0), mls.commits[0]);
    assert.deepEqual(await store.handshakes.groupInfo(chat.id), mls.groupInfo);
    assert.deepEqual(await store.handshakes.welcomesFor(device.id, 10), [welcome]);
    const later = mlsChange(chat.id, 4, 1, []);
    await store.chats.commit(aChange(3, { ...chat, rev: 4, epoch: 2 }, { mls: later }));
    assert.deepEqual(await store.handshakes.groupInfo(chat.id), later.groupInfo);
  });

  test("Commits are listed in order of revision, within bounds", async ({ chats, handshakes }) => {
    const chat = aChat({ encrypted: true, epoch: 0 });
    await chats.commit(aChange(0, chat, {}));
    const made: Handshake[] = [];
    for (let epoch = 0; epoch < 3; epoch++) {
      const mls = mlsChange(chat.id, epoch + 2, epoch, []);
      made.push(...mls.commits);
      const after = { ...chat, rev: epoch + 2, epoch: epoch + 1 };
      await chats.commit(aChange(epoch + 1, after, { mls }));
    }
    assert.deepEqual(await handshakes.changed(chat.id, 0, 9, 10), made);
    assert.deepEqual(await handshakes.changed(chat.id, 2, 3, 10), [made[1]]);
    assert.deepEqual(await handshakes.changed(chat.id, 0, 9, 2), made.slice(0, 2));
    assert.deepEqual(await handshakes.changed(newId(), 0, 9, 2), []);
  });

  test("Welcomes are kept until their device has fetched them, oldest first", async (store) => {
    const device = aDevice(newId());
    const chat = aChat({ encrypted: true, epoch: 1 });
    const welcomes = [aWelcome(chat.id, device), aWelcome(chat.id, device)];
    await makeChat(store, chat.id, welcomes.toReversed());
    const { handshakes } = store;
    assert.deepEqual(await handshakes.welcomesFor(device.id, 10), welcomes);
    assert.deepEqual(await handshakes.welcomesFor(device.id, 1), [welcomes[0]]);
    assert.deepEqual(await handshakes.welcomesFor(device.id, 10, welcomes[0].id), [welcomes[1]]);
    assert.deepEqual(await handshakes.welcomesFor(device.id, 10, welcomes[1].id), []);
    assert.equal(await handshakes.removeWelcome(newId(), welcomes[0].id), false);
    assert.equal(await handshakes.removeWelcome(device.id, welcomes[0].id), true);
    assert.equal(await handshakes.removeWelcome(device.id, welcomes[0].id), false);
    assert.deepEqual(await handshakes.welcomesFor(device.id, 10), [welcomes[1]]);
  });

  test("a long Welcome is returned to each device of its Commit until that device has fetched it", async (store) => {
    const devices = [aDevice(newId()), aDevice(newId()), aDevice(newId())];
    const chat = aChat({ encrypted: true, epoch: 1 });
    const message = "A".repeat(500_000);
    const welcomes = devices.map((device) => ({ ...aWelcome(chat.id, device), message }));
    await makeChat(store, chat.id, welcomes);
    const { handshakes } = store;
    for (const welcome of welcomes) {
      assert.deepEqual(await handshakes.welcomesFor(welcome.deviceId, 10), [welcome]);
      assert.equal(await handshakes.removeWelcome(welcome.deviceId, welcome.id), true);
      assert.deepEqual(await handshakes.welcomesFor(welcome.deviceId, 10), []);
    }
  });

  test("a Commit is kept for each epoch of each generation, and Welcomes to the last only", async (store) => {
    const chat = aChat({ encrypted: true, epoch: 1 });
    const devices = [aDevice(newId()), aDevice(newId())];
    for (const device of devices) await store.devices.create(device, Infinity);
    const old = devices.map((device) => aWelcome(chat.id, device));
    const first = mlsChange(chat.id, 1, 0, old);
    await store.chats.commit(aChange(0, chat, { mls: first }));
    const place = { rev: 2, generation: 1 };
    const welcomes = devices.map((device) => ({ ...aWelcome(chat.id, device), ...place }));
    const second = mlsChange(chat.id, 2, 0, welcomes, 1);
    const restarted = { ...chat, rev: 2, generation: 1, epoch: 1 };
    await store.chats.commit(aChange(1, restarted, { mls: second }));
    const { handshakes } = store;
    assert.deepEqual(await store.chats.byId(chat.id), restarted);
    assert.deepEqual(await handshakes.byEpoch(chat.id, 0, 0), first.commits[0]);
    assert.deepEqual(await handshakes.byEpoch(chat.id, 1, 0), second.commits[0]);
    assert.deepEqual(await handshakes.groupInfo(chat.id), second.groupInfo);
    assert.deepEqual(await handshakes.changed(chat.id, 0, 9, 9), [
      first.commits[0],
      second.commits[0],
    ]);
    for (const [i, { id }] of devices.entries()) {
      assert.deepEqual(await handshakes.welcomesFor(id, 10), [welcomes[i]]);
    }
    assert.equal(await handshakes.removeWelcome(devices[0].id, welcomes[0].id), true);
    const [left] = await handshakes.welcomesFor(devices[1].id, 10);
    assert.equal(left.message, welcomes[1].message, "the message stays for the other device");
    await store.devices.remove(devices[1].userId);
    assert.deepEqual(await handshakes.welcomesFor(devices[1].id, 10), []);
  });
}

async function makeChat(store: Store, chatId: string, welcomes: StoredWelcome[]): Promise<void> {
  const chat = aChat({ id: chatId, encrypted: true, epoch: 1 });
  await store.chats.commit(aChange(0, chat, { mls: mlsChange(chatId, 1, 0, welcomes) }));
}

function mlsChange(
  chatId: string,
  rev: number,
  epoch: number,
  welcomes: StoredWelcome[],
  generation = 0,
): MlsChange {
  const senderId = newId();
  const clientId = newId();
  const commits = [{
    chatId,
    rev,
    generation,
    epoch,
    senderId,
    clientId,
    message: "AAEAAQ",
    createdAt: T0,
  }];
  return {
    commits,
    groupInfo: { chatId, generation, epoch: epoch + 1, groupInfo: "AAEABA" },
    welcomes,
  };
}

export function aDevice(userId: string): Device {
  return { id: newId(), userId, name: "Telephone", signatureKey: newId(), createdAt: T0 };
}

export function aKeyPackage(
  deviceId: string,
  fields: Partial<StoredKeyPackage> = {},
): StoredKeyPackage {
  return {
    id: newId(),
    deviceId,
    keyPackage: "AAEABQ",
    isLastResort: false,
    expiresAt: T0 + 1_000,
    createdAt: T0,
    ...fields,
  };
}

function aWelcome(chatId: string, { id: deviceId, userId }: Device): StoredWelcome {
  const message = "AAEAAw";
  const place = { rev: 1, generation: 0, epoch: 1 };
  return { id: newId(), chatId, userId, deviceId, ...place, message, createdAt: T0 };
}
