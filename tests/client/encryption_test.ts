import assert from "node:assert/strict";
import { generateRecoveryKey, restoreEncryption } from "../../src/client/encryption/mod.ts";
import { generateDeviceKey, memoryKeyStore } from "../../src/client/mod.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { within } from "../support/within.ts";
import { clientOf, type TestClient } from "./people.ts";

Deno.test("all devices of a direct chat read it, and a later device from then on", async () => {
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
  await tablet.client.openChat(chat.id);
  assert.deepEqual(tablet.texts(chat.id), ["(before_join)", "(before_join)", "welcome"]);
  const numbers = await Promise.all([
    phone.client.encryption.safetyNumber(chat.id, bob.id),
    tablet.client.encryption.safetyNumber(chat.id, ann.id),
  ]);
  assert.equal(numbers[0], numbers[1]);
  assert.equal(await phone.client.encryption.hasChangedKeys(bob.id), true);
  assert.deepEqual(app.log, []);
});

Deno.test("users are added and removed with a group's keys; edits and reactions apply", async () => {
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

Deno.test("a device that was away reads everything it missed, over many epochs, in order", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  const { id } = await anns.client.encryption.createDirect(bob.id);
  await joined(bobs, id);
  await bobs.client.close();
  const texts: string[] = [];
  for (let epoch = 0; epoch < 12; epoch++) {
    texts.push(`in epoch ${epoch}`);
    const { id: messageId } = await anns.client.send(id, { text: texts.at(-1)! });
    // A pin changes an old message, which is still read at its own position.
    if (epoch === 1) await anns.client.call("message.pin", { messageId });
    await anns.client.encryption.renewKeys(id);
  }
  bobs.client.connect();
  await read(id, texts, bobs);
  await bobs.client.send(id, { text: "back" });
  await read(id, [...texts, "back"], anns);
});

Deno.test("a file of an encrypted chat is ciphertext to the server, and readable to its members", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  const chat = await anns.client.encryption.createDirect(bob.id);
  await joined(bobs, chat.id);
  const bytes = crypto.getRandomValues(new Uint8Array(50_000));
  const file = new File([bytes], "plan.pdf", { type: "application/pdf" });
  const descriptor = await anns.client.files.uploadEncrypted(file, chat.id);
  await anns.client.send(chat.id, { text: "the plan", files: [descriptor] });
  await eventually("bob reads it", () => bobs.texts(chat.id).includes("the plan"));
  const [received] = bobs.client.model.messagesOf(chat.id).at(-1)!.encrypted!.files;
  assert.deepEqual([received.name, received.type, received.size], ["plan.pdf", file.type, 50_000]);
  assert.deepEqual(await bobs.client.files.downloadEncrypted(received), bytes);
  const stored = await bobs.client.files.download(received.mediaId);
  assert.equal(stored.length, 50_016);
  assert.notDeepEqual(stored.slice(0, 50_000), bytes);
});

Deno.test("a backup restores a lost device's texts, and the device joins its chats again", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const [storage, deviceKey] = [memoryKeyStore(), await generateDeviceKey()];
  const key = generateRecoveryKey();
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  let chatId = "";
  let backup: Uint8Array<ArrayBuffer>;
  {
    await using anns = await clientOf(app.url, ann, { device: "phone", storage, deviceKey });
    chatId = (await anns.client.encryption.createDirect(bob.id)).id;
    await joined(bobs, chatId);
    await bobs.client.send(chatId, { text: "remember this" });
    await eventually("ann reads it", () => anns.texts(chatId).includes("remember this"));
    backup = await anns.client.encryption.backup(key);
  }
  const [fresh, freshKey] = [memoryKeyStore(), await generateDeviceKey()];
  await restoreEncryption({ storage: fresh, deviceKey: freshKey, userId: ann.id }, backup, key);
  const options = { device: "phone", storage: fresh, deviceKey: freshKey };
  await using again = await clientOf(app.url, ann, options);
  await eventually("what was read is there", () => again.texts(chatId).includes("remember this"));
  await bobs.client.send(chatId, { text: "and this" });
  await eventually("it reads on", () => again.texts(chatId).includes("and this"));
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

Deno.test("a client reports no fault of encryption work that ends after it was closed", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  let holds = false;
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<never>();
  const held: typeof fetch = (input, init) => {
    if (!holds || !String(input).includes("/welcomes")) return fetch(input, init);
    asked.resolve();
    return answer.promise;
  };
  await using anns = await clientOf(app.url, ann, { device: "phone", fetch: held as never });
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  holds = true;
  await bobs.client.encryption.createDirect(ann.id);
  await within("ann's client asks for the Welcome", asked.promise, 20_000);
  const closing = anns.client.close();
  assert.equal(anns.client.state, "idle");
  answer.reject(new TypeError("The network is down"));
  await within("the client is closed", closing, 20_000);
  assert.deepEqual(anns.faults, []);
});
