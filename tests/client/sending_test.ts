import assert from "node:assert/strict";
import { ChatClient, ChatError, generateDeviceKey, memoryKeyStore } from "../../src/client/mod.ts";
import { eventually } from "../support/eventually.ts";
import type { Person } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf } from "./people.ts";

Deno.test("nothing is sent unencrypted before it is known whether the chat is encrypted", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const kept = { storage: memoryKeyStore(), deviceKey: await generateDeviceKey() };
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  const chatId = await encryptedChat(app.url, ann, bob, kept);
  const left: string[] = [];
  class OpenSocket extends WebSocket {
    override send(data: string): void {
      left.push(data);
      super.send(data);
    }
  }
  const listening: typeof fetch = (input, init) => {
    left.push(String(init?.body));
    return fetch(input, init);
  };
  const client = new ChatClient({ url: app.url, ...kept, WebSocket: OpenSocket, fetch: listening });
  assert.ok(await client.resume());
  // Started without a network: the inbox is not loaded yet.
  const sending = client.send(chatId, { text: "for bob alone" });
  client.connect();
  await client.online();
  await client.enableEncryption("phone");
  assert.equal((await sending).kind, "encrypted");
  await eventually("bob reads it", () => bobs.texts(chatId).includes("for bob alone"));
  assert.ok(left.some((sent) => sent.includes("ciphertext")));
  assert.deepEqual(left.filter((sent) => sent.includes("for bob alone")), []);
  await client.close();
});

Deno.test("messages for an encrypted chat are shown and stored until encryption is enabled", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const kept = { storage: memoryKeyStore(), deviceKey: await generateDeviceKey() };
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  const chatId = await encryptedChat(app.url, ann, bob, kept, "written offline");
  await using again = await clientOf(app.url, ann, kept);
  await eventually("it is shown", () => again.texts(chatId).includes("written offline"));
  assert.equal(again.client.unsent, 1);
  await again.client.enableEncryption("phone");
  await eventually("bob reads it", () => bobs.texts(chatId).includes("written offline"));
  await eventually("none waits", () => again.client.unsent === 0);
  assert.equal(again.texts(chatId).filter((text) => text === "written offline").length, 1);
});

Deno.test("a server that calls an encrypted chat unencrypted gets no plain text", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  const { client } = anns;
  const { id } = await client.encryption.createDirect(bob.id);
  const local = client.model.chat(id)!;
  local.chat = { ...local.chat, encrypted: false };
  const sending = client.send(id, { text: "for bob alone" });
  await assert.rejects(sending, isConflict);
  assert.equal(client.model.messagesOf(id).at(-1)?.status, "failed");
  const message = { chatId: id, messageId: crypto.randomUUID() };
  await assert.rejects(client.edit(id, message.messageId, "for bob alone"), isConflict);
});

Deno.test("a device is open once: in one client, and in one tab of those with one storage", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const kept = { storage: memoryKeyStore(), deviceKey: await generateDeviceKey() };
  await using first = await clientOf(app.url, ann, kept);
  const twice = [1, 2].map(() => first.client.enableEncryption("phone"));
  assert.equal(await twice[0], await twice[1]);
  await using second = await clientOf(app.url, ann, kept);
  await assert.rejects(second.client.enableEncryption("phone"), isConflict);
  await first.client.close();
  const encryption = await second.client.enableEncryption("phone");
  assert.equal(encryption.deviceId, (await twice[0]).deviceId);
  const { items } = await second.client.call("device.list", {});
  assert.equal(items.length, 1);
});

/** Created by a client that has closed since; it leaves `unsent` behind. */
async function encryptedChat(
  url: string,
  ann: Person,
  bob: Person,
  kept: { storage: ReturnType<typeof memoryKeyStore>; deviceKey: CryptoKey },
  unsent?: string,
): Promise<string> {
  await using anns = await clientOf(url, ann, { ...kept, device: "phone" });
  const { client } = anns;
  const { id } = await client.encryption.createDirect(bob.id);
  await eventually("the chat is here", () => client.model.chat(id));
  await client.close();
  if (unsent === undefined) return id;
  void client.send(id, { text: unsent });
  await eventually("it is kept", async () => {
    return (await kept.storage.names("outbox/")).length === 1;
  });
  return id;
}

function isConflict(error: unknown): boolean {
  return error instanceof ChatError && error.code === "conflict";
}
