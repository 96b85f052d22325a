import assert from "node:assert/strict";
import { fromBase64Url, toBase64Url, utf8 } from "../../../src/client/mls/encoding.ts";
import { memoryKeyStore } from "../../../src/client/mls/key_store.ts";
import { MlsDevice } from "../../../src/client/mls/mls_device.ts";
import { newId } from "../../../src/core/ids.ts";
import { type Device, threePeople, World } from "./world.ts";

const code = (expected: string) => (error: unknown) => {
  assert.equal((error as { code?: string }).code, expected);
  return true;
};

Deno.test("three users with two devices each read one another, and themselves on the other device", async () => {
  const { devices, users } = await threePeople();
  for (const [i, device] of devices.entries()) await device.say(`from ${i}`);
  const said = devices.map((_, i) => `from ${i}`);
  for (const [i, device] of devices.entries()) {
    assert.deepEqual(await device.readAll(), said.with(i, "own_message"));
    const roster = (await device.group()).roster();
    assert.deepEqual([...new Set(roster.map(({ userId }) => userId))].sort(), [...users].sort());
    assert.equal(roster.length, 6);
  }
});

Deno.test("a removed member reads earlier messages, and none after the removal", async () => {
  const { devices, users, world } = await threePeople();
  const [alice, , , , carol] = devices;
  await alice.say("before");
  await alice.change((group) => group.stage({ removeUserIds: [users[2]] }));
  await alice.say("after");
  assert.deepEqual(world.commits.at(-1)!.effect.removed.map(({ userId }) => userId), [
    users[2],
    users[2],
  ]);
  const group = await carol.group();
  const outcome = await group.processCommit(world.commits.at(-1)!.commit);
  assert.equal(outcome?.removedSelf, true);
  assert.equal(group.isActive, false);
  assert.deepEqual(await carol.readAll(), ["before", "missing_commits"]);
  await assert.rejects(group.encrypt(utf8("still here")), code("removed"));
  await assert.rejects(group.stage({}), code("removed"));
  await devices[2].catchUp();
  assert.deepEqual(await devices[2].readAll(), ["before", "after"]);
});

Deno.test("a leaving member erases their keys, and another member commits the removal", async () => {
  const { devices, users, world } = await threePeople();
  for (const device of devices.slice(4)) await device.mls.forget(world.chatId);
  assert.equal(await devices[4].mls.group(world.chatId), undefined);
  assert.deepEqual(await devices[4].store.names("group/"), []);
  assert.deepEqual(await devices[4].store.names("ratchets/"), []);
  await assert.rejects(
    (await devices[0].group()).stage({ removeUserIds: [users[0]] }),
    code("invalid_change"),
  );
  await devices[2].change((group) => group.stage({ removeUserIds: [users[2]] }));
  await devices[0].catchUp();
  assert.equal((await devices[0].group()).roster().length, 4);
});

Deno.test("a user who joins later reads nothing from before, and gets before_join", async () => {
  const { devices, world } = await threePeople();
  await devices[0].say("secret of the six");
  const dave = await world.device(newId());
  await devices[3].change((group) => group.stage({ add: world.claim(dave.mls.userId) }));
  const group = await dave.join();
  await devices[3].say("welcome");
  assert.deepEqual(await dave.readAll(), ["before_join", "welcome"]);
  assert.equal(group.joinedEpoch, 2n);
  assert.equal(await group.processCommit(world.commits[0].commit), null);
  await assert.rejects(dave.join(), code("already_member"));
});

Deno.test("of concurrent Commits one wins, and the others discard and try again", async () => {
  const { devices, world } = await threePeople();
  const staged = await Promise.all(devices.map(async (each) => (await each.group()).stage({})));
  const results = await Promise.all([2, 0, 4].map((i) => world.commit(staged[i])));
  assert.equal(results.filter(Boolean).length, 1);
  const winner = [2, 0, 4][results.indexOf(true)];
  for (const [i, device] of devices.entries()) {
    const group = await device.group();
    const outcome = await group.processCommit(world.commits[1].commit);
    assert.equal(outcome?.committer.deviceId, devices[winner].mls.deviceId);
    assert.equal(group.isPending, false, `device ${i}`);
  }
  for (const device of devices) await device.change((group) => group.stage({}));
  for (const device of devices) await device.catchUp();
  await devices[5].say("all here");
  for (const device of devices.slice(0, 5)) assert.deepEqual(await device.readAll(), ["all here"]);
});

Deno.test("a second Commit waits for the response to the first", async () => {
  const { devices } = await threePeople();
  const group = await devices[0].group();
  await group.stage({});
  await assert.rejects(group.stage({}), code("commit_pending"));
});

Deno.test("a device that was away catches up over many epochs", async () => {
  const { devices, world } = await threePeople();
  for (let i = 0; i < 24; i++) {
    await devices[i % 5].change((group) => group.stage({}));
    await devices[i % 5].say(`at ${i}`);
  }
  const away = devices[5];
  const group = await away.group();
  const texts: string[] = [];
  for (const [i, { commit }] of world.commits.slice(1).entries()) {
    await group.processCommit(commit);
    texts.push(
      new TextDecoder().decode((await group.decrypt(world.messages[i].ciphertext)).plaintext),
    );
  }
  assert.deepEqual(texts, Array.from({ length: 24 }, (_, i) => `at ${i}`));
  assert.equal(group.epoch, 25n);
});

Deno.test("keys of four former epochs are kept, and older ones are erased", async () => {
  const { devices } = await threePeople();
  for (let i = 0; i < 6; i++) {
    await devices[0].say(`epoch ${i + 1}`);
    await devices[0].change((group) => group.stage({}));
  }
  await devices[1].catchUp();
  assert.deepEqual(await devices[1].readAll(), [
    "key_gone",
    "key_gone",
    "epoch 3",
    "epoch 4",
    "epoch 5",
    "epoch 6",
  ]);
});

Deno.test("messages of an epoch may come in any order, each once", async () => {
  const { devices, world } = await threePeople();
  for (let i = 0; i < 40; i++) await devices[0].say(`m${i}`);
  const group = await devices[3].group();
  const order = world.messages.map((_, i) => (i * 17 + 5) % 40);
  const texts = new Set<string>();
  for (const i of order) {
    texts.add(
      new TextDecoder().decode((await group.decrypt(world.messages[i].ciphertext)).plaintext),
    );
  }
  assert.equal(texts.size, 40);
  for (const i of order) {
    await assert.rejects(group.decrypt(world.messages[i].ciphertext), code("key_gone"));
  }
});

Deno.test("messages read while a Commit was pending cannot be read again", async () => {
  const { devices, world } = await threePeople();
  await devices[0].say("once");
  const group = await devices[1].group();
  const staged = await group.stage({});
  const { ciphertext } = world.messages[0];
  await group.decrypt(ciphertext);
  await group.accepted(staged);
  assert.equal(group.epoch, 2n);
  await assert.rejects(group.decrypt(ciphertext), code("key_gone"));
});

Deno.test("a message that could not be stored can be read again", async () => {
  const { devices, world } = await threePeople();
  await devices[0].say("keep me");
  const group = await devices[1].group();
  const { ciphertext } = world.messages[0];
  const full = () => Promise.reject(new Error("disk full"));
  await assert.rejects(group.decrypt(ciphertext, full), /disk full/);
  assert.equal(new TextDecoder().decode((await group.decrypt(ciphertext)).plaintext), "keep me");
});

Deno.test("altered or cut off Commits, Welcomes and messages do not change the state", async () => {
  const { devices, world } = await threePeople();
  await devices[0].say("hello");
  const target = await devices[1].group();
  const before = await devices[1].store.read(`group/${world.chatId}`);
  const good = await (await devices[2].group()).stage({});
  const commit = fromBase64Url(good.commit);
  const message = fromBase64Url(world.messages[0].ciphertext);
  for (
    const [bytes, take] of [
      [commit, (text: string) => target.processCommit(text)],
      [message, (text: string) => target.decrypt(text)],
    ] as const
  ) {
    for (let i = 0; i < 60; i++) {
      const flipped = bytes.slice();
      flipped[Math.floor(i * bytes.length / 60)] ^= 1 << (i % 8);
      const at = Math.floor(i * bytes.length / 60);
      for (const bad of [flipped, bytes.subarray(0, at)]) {
        const result = await take(toBase64Url(bad)).then(() => "taken", (error) => error);
        // A Commit whose epoch is altered to a past one counts as an old one, and is skipped.
        if (result === "taken") assert.equal(await take(toBase64Url(bad)), null);
        else assert.equal(result.name, "MlsClientError", String(result.stack));
      }
    }
  }
  assert.deepEqual(await devices[1].store.read(`group/${world.chatId}`), before);
  await target.processCommit(good.commit);
  assert.deepEqual(await devices[1].readAll(), ["hello"]);
});

Deno.test("a bad Welcome is refused, and leaves the key package for the good one", async () => {
  const { devices, world } = await threePeople();
  const dave = await world.device(newId());
  await devices[0].change((group) => group.stage({ add: world.claim(dave.mls.userId) }));
  const good = fromBase64Url(world.welcomes.get(dave.mls.deviceId)!);
  const { chatId } = world;
  for (let i = 0; i < 40; i++) {
    const bad = good.slice();
    bad[4 + Math.floor(i * (bad.length - 4) / 40)] ^= 0x10;
    await assert.rejects(dave.mls.join(chatId, toBase64Url(bad)), { name: "MlsClientError" });
    await assert.rejects(dave.mls.join(chatId, toBase64Url(good.subarray(0, i * 20))), {
      name: "MlsClientError",
    });
  }
  const other = newId();
  await assert.rejects(dave.mls.join(other, toBase64Url(good)), code("wrong_chat"));
  await dave.join();
  await devices[0].say("made it");
  assert.deepEqual(await dave.readAll(), ["made it"]);
  assert.equal((await dave.store.names("keyPackage/")).length, 2);
});

Deno.test("a last-resort key package joins twice; any other joins once", async () => {
  const [a, b, c] = [new World(), new World(), new World()];
  const alice = await a.device(newId());
  const bob = await a.device(newId());
  const { userId, deviceId } = bob.mls;
  const welcomeTo = async (chatId: string, keyPackage: string) => {
    const group = await alice.mls.createGroup(chatId);
    const staged = await group.stage({ add: [{ userId, deviceId, keyPackage }] });
    await group.accepted(staged);
    return staged.welcome!.message;
  };
  const lastResort = await bob.mls.createLastResort();
  await bob.mls.join(a.chatId, await welcomeTo(a.chatId, lastResort));
  await bob.mls.join(b.chatId, await welcomeTo(b.chatId, lastResort));
  const [once] = await bob.mls.createKeyPackages(1);
  const d = newId();
  await bob.mls.join(c.chatId, await welcomeTo(c.chatId, once));
  await assert.rejects(bob.mls.join(d, await welcomeTo(d, once)), code("no_key_package"));
});

Deno.test("another user's key package is not added under a name", async () => {
  const { devices, world } = await threePeople();
  const dave = await world.device(newId());
  const [claimed] = world.claim(dave.mls.userId);
  const group = await devices[0].group();
  const swapped = { ...claimed, userId: newId() };
  await assert.rejects(group.stage({ add: [swapped] }), code("bad_key_package"));
  assert.equal(group.isPending, false);
});

Deno.test("a new device joins by itself, and one that lost its state joins again", async () => {
  const { devices, users, world } = await threePeople();
  const third = await world.device(users[0]);
  const join = async (device: Device) => {
    const attempt = await device.mls.joinExternally(world.chatId, world.groupInfo);
    assert.equal(await world.commit(attempt.staged), true);
    await attempt.accepted();
    return attempt.staged;
  };
  const staged = await join(third);
  assert.equal(staged.addUserIds, undefined);
  const outcome = await (await devices[4].group()).processCommit(staged.commit);
  assert.equal(outcome?.external, true);
  assert.deepEqual(outcome?.added.map(({ deviceId }) => deviceId), [third.mls.deviceId]);
  for (const device of devices) await device.catchUp();

  await devices[5].mls.forget(world.chatId);
  await join(devices[5]);
  for (const device of [...devices, third]) await device.catchUp();
  assert.equal((await devices[0].group()).roster().length, 7);
  await devices[0].say("both are here");
  assert.deepEqual(await third.readAll(), ["both are here"]);
  assert.deepEqual(await devices[5].readAll(), ["both are here"]);
  for (const device of [devices[1], third, devices[5]]) {
    await device.change((group) => group.stage({}));
  }
});

Deno.test("the only device of a group that lost its state joins again, and adds others", async () => {
  const world = new World();
  const device = await world.device(newId());
  const group = await device.create();
  const first = await group.stage({});
  assert.equal(await world.commit(first), true);
  await group.accepted(first);
  await device.mls.forget(world.chatId);
  const { staged, accepted } = await device.mls.joinExternally(world.chatId, world.groupInfo);
  assert.equal(await world.commit(staged), true);
  await accepted();
  assert.deepEqual((await device.group()).roster().map(({ leafIndex }) => leafIndex), [0]);
  const other = await world.device(newId());
  await device.change((again) => again.stage({ add: world.claim(other.mls.userId) }));
  await other.join();
  await device.say("both are here");
  assert.deepEqual(await other.readAll(), ["both are here"]);
});

Deno.test("state and a pending Commit survive a restart", async () => {
  const { devices, world } = await threePeople();
  const { mls, store } = devices[2];
  const staged = await (await devices[2].group()).stage({});
  assert.equal(await world.commit(staged), true);
  // The response never came: a new process opens the same store.
  const again = await MlsDevice.open(store, { userId: mls.userId, deviceId: mls.deviceId });
  const group = await again.group(world.chatId);
  assert.equal(group?.isPending, true);
  await group!.processCommit(world.commits[1].commit);
  assert.equal(group!.epoch, 2n);
  const sent = await group!.encrypt(utf8("after the crash"));
  await devices[0].catchUp();
  const { sender } = await (await devices[0].group()).decrypt(sent);
  assert.equal(sender.deviceId, mls.deviceId);
});

Deno.test("the ratchets of messages survive a restart: no key is used twice, none read twice", async () => {
  const { devices, world } = await threePeople();
  await devices[0].say("one epoch ago");
  await devices[0].change((group) => group.stage({}));
  for (const device of devices) await device.catchUp();
  for (const text of ["a", "b", "c"]) await devices[0].say(text);
  const reopened = async ({ mls, store }: Device) => {
    const { userId, deviceId } = mls;
    const group = await (await MlsDevice.open(store, { userId, deviceId })).group(world.chatId);
    assert.ok(group);
    return group;
  };
  // Read and send in a new process each time; the middle one is read last.
  for (const i of [3, 1, 0, 2]) {
    const { plaintext } = await (await reopened(devices[3])).decrypt(world.messages[i].ciphertext);
    assert.equal(new TextDecoder().decode(plaintext), ["one epoch ago", "a", "b", "c"][i]);
  }
  for (const { ciphertext } of world.messages) {
    await assert.rejects((await reopened(devices[3])).decrypt(ciphertext), code("key_gone"));
  }
  const reader = await devices[4].group();
  for (const text of ["d", "e", "f"]) {
    const sent = await (await reopened(devices[3])).encrypt(utf8(text));
    assert.equal(new TextDecoder().decode((await reader.decrypt(sent)).plaintext), text);
  }
  const whole = (await devices[3].store.read(`group/${world.chatId}`))!.length;
  assert.ok((await devices[3].store.read(`ratchets/${world.chatId}`))!.length < whole / 3);
});

Deno.test("messages of up to 184 bytes have one length, and longer ones few", async () => {
  const { devices } = await threePeople();
  const group = await devices[0].group();
  const lengths = async (from: number, to: number, step: number) => {
    const seen = new Set<number>();
    for (let n = from; n <= to; n += step) {
      seen.add(fromBase64Url(await group.encrypt(new Uint8Array(n))).length);
    }
    return seen.size;
  };
  assert.equal(await lengths(0, 184, 8), 1);
  assert.ok(await lengths(1000, 2000, 10) <= 18);
});

Deno.test("a device with an untrusted key is not added", async () => {
  const world = new World();
  const alice = await world.device(newId());
  const bob = await world.device(newId());
  await alice.create();
  await alice.change((group) => group.stage({ add: world.claim(bob.mls.userId) }));
  const store = memoryKeyStore();
  for (const name of await bob.store.names("")) {
    await store.write({ [name]: (await bob.store.read(name))! });
  }
  const wary = await MlsDevice.open(store, {
    userId: bob.mls.userId,
    deviceId: bob.mls.deviceId,
    isTrusted: ({ userId }) => userId === bob.mls.userId,
  });
  const welcome = world.welcomes.get(bob.mls.deviceId)!;
  await assert.rejects(wary.join(world.chatId, welcome), code("bad_welcome"));
});
