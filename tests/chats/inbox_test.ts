import assert from "node:assert/strict";
import { ChatWorld, refusal } from "./chat_world.ts";

/** Direct chats and groups of one person, created one after the other, each with a message. */
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

Deno.test("Inbox lists the newest first, in pages, each chat once, and the last page has no next", async () => {
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

Deno.test("Inbox fills pages of one kind up to the requested size", async () => {
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

Deno.test("Inbox enforces the configured page size", async () => {
  await using world = await ChatWorld.make({ pageSize: 2 });
  const { me } = await manyChats(world, ["direct", "direct", "direct"]);
  const page = await world.services.inbox.page(me, { limit: 100 });
  assert.deepEqual([page.items.length, page.next !== null], [2, true]);
});

Deno.test("Inbox returns the newest message and the unread count, and omits chats that were left", async () => {
  await using world = await ChatWorld.make();
  const { me, chatIds: [chatId] } = await manyChats(world, ["group"]);
  const { inbox, sender, receipts, editor, groups } = world.services;
  const others = Object.keys(await world.roles(chatId)).filter((id) => id !== me);
  const { message } = await sender.send(others[0], { chatId, text: "second" });
  const entry = async () => (await inbox.page(me, { limit: 5 })).items[0];
  assert.deepEqual([(await entry()).lastMessage?.text, (await entry()).unread], ["second", 2]);
  await editor.delete(others[0], message.id);
  assert.equal((await entry()).unread, 1);
  await receipts.markRead(me, chatId, message.seq);
  assert.equal((await entry()).unread, 0);
  await groups.remove(me, chatId, me);
  assert.equal(await entry(), undefined);
});

Deno.test("Inbox counts nothing as unread for a new or returning member until a message arrives", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const [eve] = await world.people(1);
  const { inbox, sender, groups } = world.services;
  const unread = async () => (await inbox.page(eve, { limit: 1 })).items[0].unread;
  for (const text of ["1", "2", "3"]) await sender.send(ann, { chatId, text });
  await groups.add(ann, chatId, [eve]);
  assert.equal(await unread(), 0);
  await sender.send(bob, { chatId, text: "4" });
  assert.equal(await unread(), 1);
  await groups.remove(eve, chatId, eve);
  await sender.send(bob, { chatId, text: "5" });
  await groups.add(ann, chatId, [eve]);
  assert.equal(await unread(), 0);
});

Deno.test("Inbox counts messages before the caller's own as read, and later ones as unread", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { inbox, sender } = world.services;
  const unread = async () => (await inbox.page(bob, { limit: 1 })).items[0].unread;
  for (const text of ["1", "2"]) await sender.send(ann, { chatId, text });
  assert.equal(await unread(), 2);
  const { message } = await sender.send(bob, { chatId, text: "answer" });
  assert.equal(await unread(), 0);
  const { readSeq, deliveredSeq } = (await world.store.memberships.of(chatId, bob))!;
  assert.deepEqual([readSeq, deliveredSeq], [message.seq, message.seq]);
  await sender.send(ann, { chatId, text: "3" });
  assert.equal(await unread(), 1);
});

Deno.test("Inbox excludes blocked senders, counts mentions, and marks muted chats", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob, eve] } = await world.group(3);
  const { inbox, sender } = world.services;
  const entry = async () => {
    const { unread, mentions, muted } = (await inbox.page(bob, { limit: 1 })).items[0];
    return { unread, mentions, muted };
  };
  await sender.send(ann, { chatId, text: "@bob", mentions: [bob] });
  await sender.send(eve, { chatId, text: "@bob", mentions: [bob] });
  assert.deepEqual(await entry(), { unread: 2, mentions: 2, muted: false });
  await world.store.blocks.add({ blockerId: bob, blockedId: eve, createdAt: world.now }, Infinity);
  assert.deepEqual(await entry(), { unread: 1, mentions: 1, muted: false });
  await world.store.memberships.setNotify(chatId, bob, "all", world.now + 1);
  assert.equal((await entry()).muted, true);
  world.now += 1;
  assert.equal((await entry()).muted, false);
  await world.store.memberships.setNotify(chatId, bob, "none", null);
  assert.equal((await entry()).muted, true);
});

Deno.test("Unread caps a badge, excludes muted chats, and counts only mentions where only they notify", async () => {
  await using world = await ChatWorld.make();
  const [me] = await world.people(1);
  const { sender, groups, unread } = world.services;
  const chats: { chatId: string; ann: string }[] = [];
  for (let n = 0; n < 3; n++) {
    const { chatId, ids: [ann] } = await world.group(1);
    await groups.add(ann, chatId, [me]);
    chats.push({ chatId, ann });
    await sender.send(ann, { chatId, text: "plain" });
    await sender.send(ann, { chatId, text: "@me", mentions: [me] });
  }
  const [loud, mentions, muted] = chats;
  assert.equal(await unread.badge(me), 6);
  await world.store.memberships.setNotify(mentions.chatId, me, "mentions", null);
  assert.equal(await unread.badge(me), 5);
  await world.store.memberships.setNotify(muted.chatId, me, "all", world.now + 1);
  assert.equal(await unread.badge(me), 3);
  for (let n = 0; n < 100; n++) {
    await sender.send(loud.ann, { chatId: loud.chatId, text: `${n}` });
  }
  assert.equal(await unread.badge(me), 99);
});

Deno.test("Inbox rejects an invalid cursor", async () => {
  await using world = await ChatWorld.make();
  const { me, chatIds } = await manyChats(world, ["direct"]);
  for (const cursor of ["x", "1~x", `x~${chatIds[0]}`, `1~${chatIds[0]}~1`, "~"]) {
    const page = world.services.inbox.page(me, { limit: 1, cursor });
    await assert.rejects(page, refusal("invalid_request"), cursor);
  }
});
