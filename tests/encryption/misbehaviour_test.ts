import assert from "node:assert/strict";
import { clientOf, type TestClient } from "../client/people.ts";
import { encodeContent } from "../../src/client/mls/message_content.ts";
import { newId } from "../../src/core/ids.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { RawDevice, tampered } from "./raw_device.ts";

Deno.test("a Commit that no member can apply does not end the group: members join again, and continue", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, cat } = await app.people("ann", "bob", "cat");
  const bobs = await RawDevice.make(app, bob);
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  await using cats = await clientOf(app.url, cat, { device: "phone" });
  const rejoined: string[] = [];
  anns.client.on("encryption.rejoined", ({ senderId }) => rejoined.push(senderId));
  cats.client.on("encryption.rejoined", ({ senderId }) => rejoined.push(senderId));
  const { id } = await anns.client.encryption.createGroup("Group", [bob.id, cat.id]);
  const group = await bobs.join(id);
  await reads(cats, id);
  const staged = await group.stage({});
  // Its last bytes are the membership tag, which only members can check.
  const answer = await bobs.post(id, { ...staged, commit: tampered(staged.commit, -1) });
  assert.equal(answer.status, 201);
  await eventually("both have joined anew", () => rejoined.length === 2);
  assert.deepEqual(rejoined, [bob.id, bob.id]);
  await anns.client.send(id, { text: "we go on" });
  await eventually("cat reads it", () => cats.texts(id).includes("we go on"));
  await anns.client.encryption.removePeople(id, [bob.id]);
  await cats.client.send(id, { text: "without bob" });
  await eventually("ann reads it", () => anns.texts(id).includes("without bob"));
  assert.deepEqual(app.log, []);
});

Deno.test("an unreadable Welcome keeps no device out: it joins by itself", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const evil = await RawDevice.make(app, ann);
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  const group = await evil.newGroup();
  const staged = await group.stage({ add: await evil.claim(bob.id) });
  const message = tampered(staged.welcome!.message, -1);
  const welcome = { ...staged.welcome!, message };
  assert.equal((await evil.post(group.chatId, { ...staged, welcome })).status, 201);
  await group.accepted(staged);
  await reads(bobs, group.chatId);
  const waiting = await bobs.client.call("mls.welcomes", {
    deviceId: bobs.client.encryption.deviceId,
  });
  assert.deepEqual(waiting.items, []);
});

Deno.test("a message that is repeated, or under another sender's name, is shown as unreadable", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, cat } = await app.people("ann", "bob", "cat");
  const bobs = await RawDevice.make(app, bob);
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  await using cats = await clientOf(app.url, cat, { device: "phone" });
  const { id } = await anns.client.encryption.createGroup("Group", [bob.id, cat.id]);
  await bobs.join(id);
  await reads(cats, id);
  await anns.client.send(id, { text: "once" });
  await eventually("cat reads it", () => cats.texts(id).includes("once"));
  const { ciphertext } = anns.client.model.messagesOf(id).find(({ kind }) => kind === "encrypted")!;
  assert.equal((await bobs.send(id, ciphertext!)).status, 201);
  await eventually("the copy is unreadable", () => {
    assert.deepEqual(cats.texts(id), ["once", "(key_gone)"]);
    return true;
  });
  await anns.client.send(id, { text: "and again" });
  await eventually("cat reads on", () => cats.texts(id).at(-1) === "and again");
});

async function reads(test: TestClient, chatId: string): Promise<void> {
  await eventually("it is in the group", async () => {
    return test.client.model.chat(chatId) &&
      (await test.client.encryption.roster(chatId)).length > 1;
  });
}

Deno.test("a message is not shown under the name of a sender who did not write it", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, cat } = await app.people("ann", "bob", "cat");
  const [bobs, cats] = [await RawDevice.make(app, bob), await RawDevice.make(app, cat)];
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  const { id } = await anns.client.encryption.createGroup("Group", [bob.id, cat.id]);
  await bobs.join(id);
  const group = await cats.join(id);
  const clientId = newId();
  const content = encodeContent({ kind: "message", clientId, text: "cat wrote this" });
  // Cat's device cooperates with bob, and never sends the message itself.
  const ciphertext = await group.encrypt(content);
  assert.equal((await bobs.send(id, ciphertext, clientId)).status, 201);
  await eventually("ann has it", () => anns.texts(id).length === 1);
  await eventually("it is unreadable", () => anns.texts(id).at(-1) === "(bad_message)");
});
