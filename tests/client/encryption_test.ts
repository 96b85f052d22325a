import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf, type TestClient } from "./people.ts";

Deno.test("a direct chat of several devices: all read it, and a later device from then on", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using phone = await clientOf(app.url, ann, { device: "phone" });
  await using laptop = await clientOf(app.url, ann, { device: "laptop" });
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  const chat = await phone.client.encryption.createDirect(bob.id);
  await eventually("the chat is there", () => bobs.client.model.chat(chat.id));
  await phone.client.send(chat.id, { text: "from the phone" });
  await bobs.client.send(chat.id, { text: "from bob" });
  const both = ["from the phone", "from bob"];
  await read(chat.id, both, phone, laptop, bobs);
  await using tablet = await clientOf(app.url, bob, { device: "tablet" });
  await joined(tablet, chat.id);
  await laptop.client.send(chat.id, { text: "welcome" });
  await read(chat.id, [...both, "welcome"], phone, laptop, bobs);
  await eventually("the tablet reads on", () => tablet.texts(chat.id).at(-1) === "welcome");
  assert.ok(tablet.texts(chat.id).slice(0, -1).every((text) => text.startsWith("(")));
  const numbers = await Promise.all([
    phone.client.encryption.safetyNumber(chat.id, bob.id),
    tablet.client.encryption.safetyNumber(chat.id, ann.id),
  ]);
  assert.equal(numbers[0], numbers[1]);
  assert.equal(await phone.client.encryption.hasChangedKeys(bob.id), true);
  assert.deepEqual(app.log, []);
});

Deno.test("a group: people are added and removed with its keys; edits and reactions apply", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, cat } = await app.people("ann", "bob", "cat");
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  await using cats = await clientOf(app.url, cat, { device: "phone" });
  const chat = await anns.client.encryption.createGroup("Friends", [bob.id]);
  await joined(bobs, chat.id);
  const first = await anns.client.send(chat.id, { text: "helo" });
  await read(chat.id, ["helo"], anns, bobs);
  await anns.client.edit(chat.id, first.id, "hello");
  await bobs.client.react(chat.id, first.id, "👍");
  await bobs.client.send(chat.id, { text: "a reply", replyTo: first.id });
  await eventually("all of it is shown", () => {
    const [message, reply] = anns.client.model.messagesOf(chat.id)
      .filter(({ encrypted }) => encrypted?.isShown);
    return message.text === "hello" && message.reactions[0]?.userIds[0] === bob.id &&
      reply?.replyTo === first.id;
  });
  await anns.client.encryption.addPeople(chat.id, [cat.id]);
  await joined(cats, chat.id);
  await bobs.client.send(chat.id, { text: "hello cat" });
  await eventually("cat reads it", () => cats.texts(chat.id).at(-1) === "hello cat");
  await anns.client.encryption.removePeople(chat.id, [bob.id]);
  await eventually("bob is out", () => !bobs.client.model.chat(chat.id));
  await cats.client.send(chat.id, { text: "bob is gone" });
  await eventually("ann reads it", () => anns.texts(chat.id).at(-1) === "bob is gone");
  await cats.client.call("group.remove", { groupId: chat.id, userId: cat.id });
  await eventually("cat's leaf is removed", async () => {
    return (await anns.client.encryption.roster(chat.id)).length === 1;
  });
  assert.deepEqual(app.log, []);
});

async function joined(test: TestClient, chatId: string): Promise<void> {
  await eventually("it has joined", async () => {
    return test.client.model.chat(chatId) && await test.client.encryption.roster(chatId);
  });
}

async function read(chatId: string, texts: string[], ...tests: TestClient[]): Promise<void> {
  for (const test of tests) {
    await eventually("all is read", () => {
      assert.deepEqual(test.texts(chatId), texts);
      return true;
    });
  }
}
