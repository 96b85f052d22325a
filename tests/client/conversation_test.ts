import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf } from "./people.ts";

Deno.test("a conversation fetches its messages when a screen subscribes, and older ones on request", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  const { id } = await anns.client.openDirect(bob.id);
  const texts = Array.from({ length: 70 }, (_, i) => `message ${i + 1}`);
  await Promise.all(texts.map((text) => anns.client.send(id, { text })));
  await using bobs = await clientOf(app.url, bob);
  const chat = bobs.client.chat(id);
  assert.equal(bobs.client.chat(id), chat, "one object, however often it is asked for");
  const shown = () => chat.messages.getSnapshot().rows.map(({ text }) => text);
  assert.deepEqual(shown(), texts.slice(-1));
  const stop = chat.messages.subscribe(() => {});
  assert.equal(chat.messages.getSnapshot().isLoading, true);
  await eventually("the newest are here", () => shown().length === 50);
  await eventually("members are here", () => chat.members.getSnapshot().length === 2);
  assert.equal(chat.messages.getSnapshot().hasOlder, true);
  assert.equal(await chat.loadOlder(), false);
  assert.deepEqual(shown(), texts);
  const { hasOlder, isLoading } = chat.messages.getSnapshot();
  assert.deepEqual([hasOlder, isLoading], [false, false]);
  stop();
});

Deno.test("a conversation shown without a network is fetched with the next connection", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  const { id } = await anns.client.openDirect(bob.id);
  for (const text of ["one", "two"]) await anns.client.send(id, { text });
  await using bobs = await clientOf(app.url, bob);
  await bobs.client.close();
  const { messages } = bobs.client.chat(id);
  messages.subscribe(() => {});
  assert.equal(messages.getSnapshot().rows.length, 1);
  bobs.client.connect();
  await eventually("it is fetched", () => messages.getSnapshot().rows.length === 2);
});

Deno.test("a draft signals typing, is sent once, and is empty afterward", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  const { id } = await anns.client.openDirect(bob.id);
  await using bobs = await clientOf(app.url, bob);
  const [hers, his] = [anns.client.chat(id), bobs.client.chat(id)];
  let told = 0;
  hers.draft.subscribe(() => told++);
  hers.setDraft({ text: "hel" });
  assert.deepEqual([told, hers.draft.getSnapshot().text], [1, "hel"], "before setDraft returns");
  assert.equal(anns.client.inbox.row(id)?.draft, "hel");
  await eventually("he sees it", () => his.typing.getSnapshot().includes(ann.id));
  assert.equal(his.typing.getSnapshot(), his.typing.getSnapshot());
  assert.deepEqual(bobs.client.inbox.row(id)?.typing, [ann.id]);
  hers.setDraft({ text: "hello" });
  const sent = await hers.sendDraft();
  assert.equal(sent.text, "hello");
  assert.equal(hers.draft.getSnapshot().text, "");
  await eventually("she has stopped", () => his.typing.getSnapshot().length === 0);
});

Deno.test("refused messages are in failed with their text, even if their chat is not loaded", async () => {
  await using app = await RunningApp.start({ LIMIT_TEXT_LENGTH: "10" });
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  const { id } = await anns.client.openDirect(bob.id);
  const { failed } = anns.client;
  let told = 0;
  failed.subscribe(() => told++);
  const elsewhere = crypto.randomUUID();
  const chats = [id, elsewhere];
  await Promise.allSettled(chats.map((chatId) => anns.client.send(chatId, { text: LONG })));
  const rows = failed.getSnapshot();
  assert.equal(failed.getSnapshot(), rows);
  assert.deepEqual(rows.map(({ chatId, text }) => [chatId, text]), [[id, LONG], [elsewhere, LONG]]);
  assert.ok(told > 0);
  await anns.client.discard(id, rows[0].clientId);
  assert.deepEqual(failed.getSnapshot().map(({ chatId }) => chatId), [elsewhere]);
});

Deno.test("markRead takes effect locally without a connection, and on the server with the next one", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  const { id } = await anns.client.openDirect(bob.id);
  const sent = await anns.client.send(id, { text: "hello" });
  await using bobs = await clientOf(app.url, bob);
  await bobs.client.close();
  bobs.client.markRead(id);
  assert.equal(bobs.client.inbox.row(id)?.unread, 0);
  bobs.client.connect();
  await eventually("she sees that he has read it", () => {
    return anns.client.model.chat(id)?.members.get(bob.id)?.readSeq === sent.seq;
  });
});

const LONG = "more than ten";
