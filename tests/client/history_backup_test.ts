import assert from "node:assert/strict";
import {
  forgetDevice,
  formatRecoveryKey,
  generateRecoveryKey,
  parseRecoveryKey,
} from "../../src/client/encryption/mod.ts";
import { generateDeviceKey, memoryKeyStore } from "../../src/client/mod.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf } from "./people.ts";

Deno.test("a new device reads the history with the recovery key, and adds to the backup", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using old = await clientOf(app.url, ann, { device: "Old" });
  await using bobs = await clientOf(app.url, bob, { device: "Bob's" });
  const chat = await bobs.client.encryption.createDirect(ann.id);
  for (const text of ["one", "two", "a long one ".repeat(2_500), "three"]) {
    await bobs.client.send(chat.id, { text });
  }
  const first = await bobs.client.send(chat.id, { text: "tpyo" });
  await bobs.client.edit(chat.id, first.id, "typo");
  const { history } = old.client.encryption;
  await eventually("all is read", () => old.texts(chat.id).includes("typo"));
  await old.client.send(chat.id, { text: "own" });
  const recoveryKey = generateRecoveryKey();
  await history.turnOn(recoveryKey);
  assert.equal(history.state.getSnapshot(), "on");
  await bobs.client.send(chat.id, { text: "later" });
  await eventually("it is read", () => old.texts(chat.id).includes("later"));
  await history.save();

  await using next = await clientOf(app.url, ann, { device: "New" });
  await next.client.openChat(chat.id);
  assert.deepEqual(new Set(next.texts(chat.id)), new Set(["(before_join)"]));
  const restoring = next.client.encryption.history;
  await restoring.refresh();
  assert.equal(restoring.state.getSnapshot(), "locked");
  await assert.rejects(restoring.restore(generateRecoveryKey()), { code: "unreadable" });
  const typed = await parseRecoveryKey(await formatRecoveryKey(recoveryKey));
  assert.equal(await restoring.restore(typed), 8);
  const texts = ["one", "two", "a long one ".repeat(2_500), "three", "typo", "own", "later"];
  assert.deepEqual(next.texts(chat.id), texts);
  assert.equal(await restoring.restore(typed), 0);

  await next.client.send(chat.id, { text: "from the new one" });
  await restoring.save();
  await using third = await clientOf(app.url, ann, { device: "Third" });
  await third.client.openChat(chat.id);
  assert.equal(await third.client.encryption.history.restore(typed), 9);
  assert.deepEqual(third.texts(chat.id), [...texts, "from the new one"]);
  assert.deepEqual([old.faults, next.faults, third.faults], [[], [], []]);
});

Deno.test("a device whose backup was replaced or turned off elsewhere adds nothing to it", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  await using one = await clientOf(app.url, ann, { device: "One" });
  await using other = await clientOf(app.url, ann, { device: "Other" });
  const chat = await one.client.encryption.createGroup("Notes", []);
  await one.client.encryption.history.turnOn(generateRecoveryKey());
  await other.client.encryption.history.turnOn(generateRecoveryKey());
  await one.client.send(chat.id, { text: "note" });
  await one.client.encryption.history.save();
  assert.equal(one.client.encryption.history.state.getSnapshot(), "locked");
  await other.client.encryption.history.turnOff();
  await one.client.encryption.history.refresh();
  assert.equal(one.client.encryption.history.state.getSnapshot(), "off");
  assert.deepEqual([one.faults, other.faults], [[], []]);
});

Deno.test("a removed device is notified, and becomes a new one that keeps its texts", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const place = { storage: memoryKeyStore(), deviceKey: await generateDeviceKey() };
  const own = await clientOf(app.url, ann, { ...place, device: "Lost" });
  await using bobs = await clientOf(app.url, bob, { device: "Bob's" });
  const chat = await own.client.encryption.createDirect(bob.id);
  await own.client.send(chat.id, { text: "before" });
  const { deviceId } = own.client.encryption;
  const removed = Promise.withResolvers<string>();
  own.client.on("encryption.deviceRemoved", (event) => removed.resolve(event.deviceId));
  await own.client.call("device.remove", { deviceId });
  assert.equal(await removed.promise, deviceId);
  await own.client.close();

  await using refused = await clientOf(app.url, ann, place);
  await assert.rejects(refused.client.enableEncryption("Lost"), { code: "not_found" });
  await refused.client.close();
  await forgetDevice({ ...place, userId: ann.id });
  await using again = await clientOf(app.url, ann, { ...place, device: "Found" });
  assert.notEqual(again.client.encryption.deviceId, deviceId);
  await again.client.openChat(chat.id);
  await eventually("it has joined", () => again.texts(chat.id).includes("before"));
  await bobs.client.online();
});

Deno.test("trust in a person's keys follows verifying, new devices and acknowledging", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann, { device: "Ann's" });
  const { encryption } = anns.client;
  const chat = await encryption.createDirect(bob.id);
  const view = encryption.trust(chat.id);
  const stop = view.subscribe(() => {});
  const ofBob = () => view.getSnapshot().find(({ userId }) => userId === bob.id);
  await eventually("own trust is read", () => view.getSnapshot().length === 1);
  assert.equal(ofBob(), undefined, "Bob has no device yet");
  await using _first = await clientOf(app.url, bob, { device: "First" });
  await eventually("Bob's device is in the chat", () => ofBob()?.devices === 1);
  const number = await encryption.safetyNumber(chat.id, bob.id);
  await encryption.markVerified(chat.id, bob.id, number);
  await eventually("Bob is verified", () => ofBob()?.isVerified);
  await using _second = await clientOf(app.url, bob, { device: "Second" });
  const changed = await eventually("Bob's keys have changed", () => {
    const found = ofBob();
    return found?.hasChangedKeys && found;
  });
  assert.deepEqual(changed, {
    userId: bob.id,
    devices: 2,
    isVerified: false,
    wasVerified: true,
    hasChangedKeys: true,
  });
  await encryption.acknowledgeKeys(bob.id);
  await eventually("it was acknowledged", () => ofBob()?.hasChangedKeys === false);
  stop();
});
