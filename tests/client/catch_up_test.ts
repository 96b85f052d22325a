import assert from "node:assert/strict";
import type { ChatView } from "../../src/api/views/chat.ts";
import type { Store } from "../../src/store/store.ts";
import { aChat, aMember, aMessage } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";
import type { Person } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { SlowLine } from "../support/slow_line.ts";
import { clientOf } from "./people.ts";

Deno.test("openDirect does not move the cursor of a loaded chat past missing messages", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  await using bobs = await clientOf(app.url, bob);
  const chat = await anns.client.openDirect(bob.id);
  await eventually("bob knows the chat", () => bobs.client.model.chat(chat.id));
  // As if the events of another instance are late: the response of openDirect comes before them.
  const row = bobs.client.model.chat(chat.id)!.chat;
  const cursor = bobs.client.model.chat(chat.id)!.cursor;
  bobs.client.model.putChat({ ...row, rev: cursor + 10 });
  assert.equal(bobs.client.model.chat(chat.id)!.cursor, cursor);
  for (const text of ["one", "two", "three"]) await anns.client.send(chat.id, { text });
  await bobs.client.openDirect(ann.id);
  await eventually("all is there", () => bobs.texts(chat.id).length === 3);
});

Deno.test("Model.apply refuses rows that leave a gap after the cursor", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  const { id: chatId } = await anns.client.openDirect(bob.id);
  const { model } = anns.client;
  const { cursor } = model.chat(chatId)!;
  const later = { chatId, rev: cursor + 5, messages: [], members: [], more: false };
  assert.equal(model.apply(later, cursor + 1), false);
  assert.equal(model.chat(chatId)!.cursor, cursor);
});

Deno.test("a removed member who comes back gets the messages from before the removal", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const http = app.client(ann);
  const group = await http.post("/api/groups", { name: "g", memberIds: [bob.id] });
  const chatId = group.body.id;
  const cursor = group.body.rev;
  await http.post("/api/messages", { chatId, text: "before" });
  await http.delete(`/api/groups/${chatId}/members/${bob.id}`);
  const bobs = app.client(bob);
  const away = await bobs.get(`/api/chats/${chatId}/changes?after=${cursor}`);
  assert.equal(away.body.rev, cursor);
  await http.post(`/api/groups/${chatId}/members`, { userIds: [bob.id] });
  const back = await bobs.get(`/api/chats/${chatId}/changes?after=${away.body.rev}`);
  assert.deepEqual(back.body.messages.map(({ text }: { text: string }) => text), ["before"]);
});

Deno.test("a client on a slow line that missed 600 long messages in 2,000 chats gets online and complete", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const store = await app.openStore();
  const chats = await seedChats(store, ann, 2_000);
  // 96 KB/s and 15 s without a byte, both divided by five, so that the test is short.
  await using line = new SlowLine(Number(new URL(app.url).port), 480_000);
  await using anns = await clientOf(line.url, ann, { timeoutMs: 3_000 });
  await anns.client.close();
  await seedMessages(store, chats, { count: 600, text: "x".repeat(5_000) });
  await store.close();
  const before = line.sent;
  anns.client.connect();
  await anns.client.online();
  assert.deepEqual(anns.faults, []);
  const got = chats.flatMap(({ id }) => anns.client.model.messagesOf(id));
  assert.equal(got.length, 600);
  const needed = 600 * 5_000;
  assert.ok(line.sent - before < 1.3 * needed, `${line.sent - before} bytes for ${needed}`);
});

Deno.test("a client of 20,000 chats reconnects, and requests only the changes", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const store = await app.openStore();
  await using line = new SlowLine(Number(new URL(app.url).port), 50_000_000);
  await using anns = await clientOf(line.url, ann);
  await anns.client.close();
  const chats = await seedChats(store, ann, 20_000);
  for (const chat of chats) anns.client.model.putChat(viewOf(chat));
  await seedMessages(store, [chats[0], chats[9_999], chats[19_999]], { count: 3, text: "missed" });
  const [fresh] = await seedChats(store, ann, 1);
  await store.close();
  const before = line.sent;
  anns.client.connect();
  await anns.client.online();
  for (const { id } of [chats[0], chats[9_999], chats[19_999]]) {
    assert.deepEqual(anns.texts(id), ["missed"]);
  }
  assert.ok(anns.client.model.chat(fresh.id), "a chat that is new is found");
  assert.ok(line.sent - before < 100_000, `${line.sent - before} bytes`);
});

type Seeded = ReturnType<typeof aChat>;

/** Creates groups of one member, at revision 1. */
async function seedChats(store: Store, { id: userId }: Person, count: number): Promise<Seeded[]> {
  const chats = Array.from({ length: count }, () => aChat());
  await Promise.all(chats.map((chat) =>
    store.chats.commit({
      expectedRev: 0,
      chat,
      inserted: [],
      updated: [],
      members: [aMember(chat.id, { userId })],
    })
  ));
  return chats;
}

/** Writes messages directly to the store, spread over the chats. */
async function seedMessages(
  store: Store,
  chats: Seeded[],
  { count, text }: { count: number; text: string },
): Promise<void> {
  const heads = new Map(chats.map((chat) => [chat.id, 1]));
  for (let i = 0; i < count; i++) {
    const chat = chats[i % chats.length];
    const expectedRev = heads.get(chat.id)!;
    const rev = expectedRev + 1;
    heads.set(chat.id, rev);
    await store.chats.commit({
      expectedRev,
      chat: { ...chat, rev, lastSeq: rev },
      inserted: [aMessage(chat.id, rev, { text })],
      updated: [],
      members: [],
    });
  }
}

function viewOf({ id, rev }: Seeded): ChatView {
  return { id, rev, encrypted: false } as ChatView;
}
