import assert from "node:assert/strict";
import { memoryKeyStore } from "../../src/client/mod.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf, type TestClient } from "./people.ts";

Deno.test("a live message and a missed one come as the same event, each once", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, cleo } = await app.people("ann", "bob", "cleo");
  await using anns = await clientOf(app.url, ann);
  await using cleos = await clientOf(app.url, cleo);
  const chat = await anns.client.openDirect(bob.id);
  await using bobs = await clientOf(app.url, bob);
  const heard = listen(bobs);
  await anns.client.send(chat.id, { text: "live" });
  await eventually("it is heard", () => heard.length === 1);
  await bobs.client.close();
  const missed = ["one", "two", "three", "four", "five"];
  for (const text of missed) await anns.client.send(chat.id, { text });
  const fresh = await cleos.client.openDirect(bob.id);
  await cleos.client.send(fresh.id, { text: "from someone new" });
  bobs.client.connect();
  await bobs.client.online();
  await anns.client.send(chat.id, { text: "live again" });
  const own = await bobs.client.send(chat.id, { text: "his own" });
  await eventually("all are heard", () => heard.length === 9);
  const inChat = heard.filter(({ chatId }) => chatId === chat.id).map(({ text }) => text);
  assert.deepEqual(inChat, ["live", ...missed, "live again", "his own"]);
  assert.deepEqual(heard.filter(({ chatId }) => chatId === fresh.id).map(({ text }) => text), [
    "from someone new",
  ]);
  await bobs.client.edit(chat.id, own.id, "edited");
  await anns.client.send(chat.id, { text: "last" });
  await eventually("the last is heard", () => heard.at(-1)?.text === "last");
  assert.equal(heard.length, 10, "an edit is no new message");
});

Deno.test("a chat that is new to a listening client brings all messages since joining", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  await using bobs = await clientOf(app.url, bob);
  const heard = listen(bobs);
  const { id } = await anns.client.call("group.create", { name: "Old" });
  await anns.client.send(id, { text: "before he joined" });
  await anns.client.call("group.add", { groupId: id, userIds: [bob.id] });
  for (let i = 0; i < 3; i++) await anns.client.send(id, { text: `${i}` });
  await eventually("all are heard", () => heard.length === 3);
  assert.deepEqual(heard.map(({ text }) => text), ["0", "1", "2"]);
});

Deno.test("memberCount follows members who join and leave, live and after a break", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, cleo, dan } = await app.people("ann", "bob", "cleo", "dan");
  await using anns = await clientOf(app.url, ann);
  const group = { name: "g", memberIds: [bob.id] };
  const { id } = await anns.client.call("group.create", group);
  await using bobs = await clientOf(app.url, bob);
  const count = (expected: number) => bobs.client.model.chat(id)?.chat.memberCount === expected;
  assert.ok(count(2));
  await anns.client.call("group.add", { groupId: id, userIds: [cleo.id] });
  await eventually("one more", () => count(3));
  await bobs.client.close();
  await anns.client.call("group.add", { groupId: id, userIds: [dan.id] });
  await anns.client.call("group.remove", { groupId: id, userId: cleo.id });
  await anns.client.call("group.remove", { groupId: id, userId: dan.id });
  bobs.client.connect();
  await bobs.client.online();
  assert.ok(count(2));
});

Deno.test("a refused message keeps its text over a restart, and is sent again or dropped", async () => {
  await using app = await RunningApp.start({ LIMIT_TEXT_LENGTH: "10" });
  const { ann, bob } = await app.people("ann", "bob");
  const storage = memoryKeyStore();
  await using first = await clientOf(app.url, ann, { storage });
  const chat = await first.client.openDirect(bob.id);
  await assert.rejects(first.client.send(chat.id, { text: "more than ten" }), {
    name: "ChatError",
  });
  await first.client.close();
  await using again = await clientOf(app.url, ann, { storage });
  const failed = () => again.client.model.messagesOf(chat.id).filter((m) => m.status === "failed");
  await eventually("it is shown", () => failed().length === 1);
  const [{ clientId, text, failure }] = failed();
  assert.equal(text, "more than ten");
  assert.match(failure!, /10/);
  await assert.rejects(again.client.resend(chat.id, clientId), { name: "ChatError" });
  assert.equal(failed().length, 1);
  await again.client.discard(chat.id, clientId);
  assert.deepEqual([failed().length, await storage.names("outbox")], [0, []]);
});

function listen({ client }: TestClient): { chatId: string; text: string }[] {
  const heard: { chatId: string; text: string }[] = [];
  client.on("message", ({ chatId, message }) => heard.push({ chatId, text: message.text }));
  return heard;
}
