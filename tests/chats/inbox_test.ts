import assert from "node:assert/strict";
import { ChatWorld, refusal } from "./chat_world.ts";

/** Direct chats and groups of one person, made one after the other, each with a message. */
async function manyChats(world: ChatWorld, kinds: ("direct" | "group")[]) {
  const [me, ...others] = await world.people(kinds.length + 1);
  const { direct, groups, sender } = world.services;
  const chatIds: string[] = [];
  for (const [i, kind] of kinds.entries()) {
    world.now += 1_000;
    const group = { name: `${i}`, description: "", memberIds: [others[i]], encrypted: false };
    const chat = kind === "direct"
      ? (await direct.open(me, others[i])).chat
      : (await groups.create(me, group)).chat;
    await sender.send(others[i], { chatId: chat.id, text: `from ${i}` });
    chatIds.push(chat.id);
  }
  return { me, chatIds };
}

Deno.test("Inbox: newest first, page by page, each chat once, and a last page without a next", async () => {
  await using world = await ChatWorld.make();
  const { me, chatIds } = await manyChats(world, Array(6).fill("direct"));
  const seen: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await world.services.inbox.page(me, { limit: 3, cursor });
    seen.push(page.items.map(({ chat }) => chat.id));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  const newest = chatIds.toReversed();
  assert.deepEqual(seen, [newest.slice(0, 3), newest.slice(3)]);
});

Deno.test("Inbox: of one kind, a page has as many as asked for and no more", async () => {
  await using world = await ChatWorld.make();
  const { me, chatIds } = await manyChats(world, [
    "group",
    "group",
    "group",
    "direct",
    "group",
    "group",
  ]);
  const { inbox } = world.services;
  const first = await inbox.page(me, { limit: 3, kind: "group" });
  assert.deepEqual(first.items.map(({ chat }) => chat.id), [5, 4, 2].map((i) => chatIds[i]));
  const second = await inbox.page(me, { limit: 3, kind: "group", cursor: first.next! });
  assert.deepEqual(second.items.map(({ chat }) => chat.id), [1, 0].map((i) => chatIds[i]));
  assert.equal(second.next, null);
});

Deno.test("Inbox: holds to the configured size of a page", async () => {
  await using world = await ChatWorld.make({ pageSize: 2 });
  const { me } = await manyChats(world, ["direct", "direct", "direct"]);
  const page = await world.services.inbox.page(me, { limit: 100 });
  assert.deepEqual([page.items.length, page.next !== null], [2, true]);
});

Deno.test("Inbox: tells the newest message and what is unread, and forgets chats that were left", async () => {
  await using world = await ChatWorld.make();
  const { me, chatIds: [chatId] } = await manyChats(world, ["group"]);
  const { inbox, sender, receipts, editor, groups } = world.services;
  const others = Object.keys(await world.roles(chatId)).filter((id) => id !== me);
  const { message } = await sender.send(others[0], { chatId, text: "second" });
  await sender.send(me, { chatId, text: "mine" });
  const entry = async () => (await inbox.page(me, { limit: 5 })).items[0];
  assert.deepEqual([(await entry()).lastMessage?.text, (await entry()).unread], ["mine", 2]);
  await editor.delete(others[0], message.id);
  assert.equal((await entry()).unread, 1);
  await receipts.markRead(me, chatId, message.seq);
  assert.equal((await entry()).unread, 0);
  await groups.remove(me, chatId, me);
  assert.equal(await entry(), undefined);
});

Deno.test("Inbox: a cursor that is not ours is refused", async () => {
  await using world = await ChatWorld.make();
  const { me, chatIds } = await manyChats(world, ["direct"]);
  for (const cursor of ["x", "1~x", `x~${chatIds[0]}`, `1~${chatIds[0]}~1`, "~"]) {
    const page = world.services.inbox.page(me, { limit: 1, cursor });
    await assert.rejects(page, refusal("invalid_request"), cursor);
  }
});
