import assert from "node:assert/strict";
import {
  type ChatClient,
  ChatError,
  type ClientEvents,
  generateDeviceKey,
  memoryKeyStore,
} from "../../src/client/mod.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf } from "./people.ts";

Deno.test("a verification holds until a new key comes, and again once that was compared", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const kept = { device: "phone", storage: memoryKeyStore(), deviceKey: await generateDeviceKey() };
  await using anns = await clientOf(app.url, ann, kept);
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  const { id } = await anns.client.encryption.createDirect(bob.id);
  await member(bobs.client, id);
  const number = await anns.client.encryption.safetyNumber(id, bob.id);
  assert.equal(await bobs.client.encryption.safetyNumber(id, ann.id), number);
  assert.equal(await anns.client.encryption.isVerified(id, bob.id), false);
  await anns.client.encryption.markVerified(id, bob.id, number);
  assert.equal(await anns.client.encryption.isVerified(id, bob.id), true);
  assert.equal(await bobs.client.encryption.isVerified(id, ann.id), false);

  const heard: ClientEvents["encryption.keyChange"][] = [];
  anns.client.on("encryption.keyChange", (change) => heard.push(change));
  await using tablet = await clientOf(app.url, bob, { device: "tablet" });
  await member(tablet.client, id);
  await eventually("ann hears of it", () => heard.length > 0);
  const { deviceId } = tablet.client.encryption;
  assert.deepEqual(heard, [{ userId: bob.id, deviceId, chatId: id, wasVerified: true }]);
  const { encryption } = anns.client;
  assert.equal(await encryption.isVerified(id, bob.id), false);
  assert.equal(await encryption.hasChangedKeys(bob.id), true);
  // A number compared before the tablet came says nothing about the tablet.
  await assert.rejects(encryption.markVerified(id, bob.id, number), hasCode("conflict"));
  const now = await tablet.client.encryption.safetyNumber(id, ann.id);
  await encryption.markVerified(id, bob.id, now.replace(/.{5}/g, "$& "));
  assert.equal(await encryption.isVerified(id, bob.id), true);
  assert.equal(await encryption.hasChangedKeys(bob.id), false);

  await tablet.client.close();
  await bobs.client.call("device.remove", { deviceId });
  await eventually("the tablet is out", async () => (await encryption.roster(id)).length === 2);
  assert.equal(await encryption.isVerified(id, bob.id), true, "fewer devices, no new key");
  await anns.client.close();
  await using again = await clientOf(app.url, ann, kept);
  assert.equal(await again.client.encryption.isVerified(id, bob.id), true, "kept on the device");
});

Deno.test("a new device of the user ends a verification too until it was compared", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  const { encryption } = anns.client;
  const { id } = await encryption.createDirect(bob.id);
  await member(bobs.client, id);
  await encryption.markVerified(id, bob.id, await encryption.safetyNumber(id, bob.id));
  await using unknown = await clientOf(app.url, ann, { device: "unknown" });
  await member(unknown.client, id);
  await eventually("it is seen", async () => (await encryption.roster(id)).length === 3);
  assert.equal(await encryption.isVerified(id, bob.id), false);
  assert.equal(await encryption.hasChangedKeys(ann.id), true);
  await encryption.acknowledgeKeys(ann.id);
  assert.equal(await encryption.hasChangedKeys(ann.id), false, "the warning was seen");
  assert.equal(await encryption.isVerified(id, bob.id), false, "which compares nothing");
});

Deno.test("safetyNumber throws for a user without a device in the chat", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  const { encryption } = anns.client;
  const { id } = await encryption.createDirect(bob.id);
  await assert.rejects(encryption.safetyNumber(id, bob.id), hasCode("not_found"));
  await assert.rejects(encryption.markVerified(id, bob.id, ""), hasCode("not_found"));
  assert.equal(await encryption.isVerified(id, bob.id), false);
});

async function member(client: ChatClient, chatId: string): Promise<void> {
  await eventually("it has joined", async () => {
    return client.model.chat(chatId) && await client.encryption.roster(chatId);
  });
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof ChatError && error.code === code;
}
