import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import type { Changes } from "../../src/wire/changes.ts";
import { ChatWorld, refusal } from "./chat_world.ts";

const revsOf = ({ messages, members }: Changes) => [
  messages.map(({ rev }) => rev),
  members.map(({ rev }) => rev),
];

Deno.test("CatchUp: gives each row that was touched once, as it is now, in order", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { sender, editor, groups, catchUp } = world.services;
  const { message: first } = await sender.send(ann, { chatId, text: "a" });
  await sender.send(bob, { chatId, text: "b" });
  await editor.edit(ann, first.id, "A");
  await editor.edit(ann, first.id, "AA");
  await groups.update(ann, chatId, { name: "New" });
  const all = await catchUp.changes(bob, chatId, 0);
  assert.deepEqual(revsOf(all), [[5, 7], [2, 3]]);
  assert.deepEqual(all.messages.map(({ text }) => text), ["b", "AA"]);
  assert.deepEqual([all.chat?.name, all.rev, all.more], ["New", 8, false]);
  const late = await catchUp.changes(bob, chatId, 7);
  assert.deepEqual([revsOf(late), late.chat?.name], [[[], []], "New"]);
  const none = await catchUp.changes(bob, chatId, 8);
  assert.deepEqual([revsOf(none), none.chat, none.rev], [[[], []], null, 8]);
});

Deno.test("CatchUp: pages of any size lead to the head, with every row once", async () => {
  await using world = await ChatWorld.make({ syncRows: 10 });
  const { chatId, ids } = await world.group(7);
  const { sender, groups, catchUp } = world.services;
  for (let i = 0; i < 30; i++) await sender.send(ids[0], { chatId, text: `${i}` });
  await groups.update(ids[0], chatId, { name: "New" });
  await groups.setRole(ids[0], chatId, ids[3], "admin");
  const revs: number[] = [];
  let named = 0;
  for (let after = 0, more = true; more;) {
    const changes = await catchUp.changes(ids[1], chatId, after);
    const [messages, members] = revsOf(changes);
    assert.ok(messages.length + members.length <= 10);
    assert.ok(changes.rev > after);
    revs.push(...[...messages, ...members].sort((a, b) => a - b));
    if (changes.chat) named++;
    ({ rev: after, more } = changes);
  }
  assert.deepEqual(revs, revs.toSorted((a, b) => a - b));
  assert.equal(revs.length, 30 + 7);
  assert.equal(named, 1);
});

Deno.test("CatchUp: who left learns that they have, and nothing of what came after", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { sender, groups, catchUp } = world.services;
  await groups.remove(ann, chatId, bob);
  await sender.send(ann, { chatId, text: "alone" });
  const left = await catchUp.changes(bob, chatId, 3);
  assert.deepEqual([left.rev, left.messages, left.chat, left.more], [4, [], null, false]);
  assert.deepEqual(left.members.map(({ userId, leftAt }) => [userId, leftAt !== null]), [
    [bob, true],
  ]);
  assert.deepEqual(await catchUp.sync(bob, { [chatId]: 3 }), [left]);
  assert.deepEqual(await catchUp.sync(bob, { [chatId]: 4 }), []);
  assert.deepEqual(await catchUp.sync(bob, {}), []);
  const [stranger] = await world.people(1);
  await assert.rejects(catchUp.changes(stranger, chatId, 0), refusal("not_found"));
  await assert.rejects(catchUp.changes(bob, newId(), 0), refusal("not_found"));
  assert.deepEqual(await catchUp.sync(stranger, { [chatId]: 0 }), []);
});

Deno.test("CatchUp: a sync covers all chats, and says of which there is more", async () => {
  await using world = await ChatWorld.make({ syncRows: 10 });
  const { chatId: quiet, ids: [ann] } = await world.group(1);
  const { sender, groups, catchUp } = world.services;
  const busy: string[] = [];
  for (let i = 0; i < 3; i++) {
    world.now += 1_000;
    const group = { name: `${i}`, description: "", memberIds: [], encrypted: false };
    const { id } = await groups.create(ann, group);
    for (let j = 0; j < 6; j++) await sender.send(ann, { chatId: id, text: `${j}` });
    busy.push(id);
  }
  const answer = await catchUp.sync(ann, { [quiet]: 2 });
  const byChat = new Map(answer.map((changes) => [changes.chatId, changes]));
  assert.deepEqual(answer.map(({ chatId }) => chatId), [...busy.toReversed(), quiet]);
  assert.deepEqual([byChat.get(busy[2])!.more, byChat.get(busy[1])!.more], [false, true]);
  const last = byChat.get(busy[0])!;
  assert.deepEqual([last.rev, last.more, last.messages], [0, true, []]);
  assert.deepEqual([byChat.get(quiet)!.rev, byChat.get(quiet)!.more], [2, false]);
});

Deno.test("CatchUp: a sync names no more chats than are allowed", async () => {
  await using world = await ChatWorld.make({ syncChats: 2 });
  const [ann] = await world.people(1);
  const cursors = Object.fromEntries([newId(), newId(), newId()].map((id) => [id, 0]));
  await assert.rejects(
    world.services.catchUp.sync(ann, cursors),
    refusal("invalid_request", /cursors/),
  );
});

Deno.test("Receipts: move forward only, and not past the newest message", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { sender, receipts } = world.services;
  const { message } = await sender.send(ann, { chatId, text: "a" });
  const read = await receipts.markRead(bob, chatId, 1_000_000);
  assert.deepEqual([read.readSeq, read.deliveredSeq], [message.seq, message.seq]);
  assert.equal((await receipts.markRead(bob, chatId, 1)).readSeq, message.seq);
  assert.equal(world.services.receiptsMoved.length, 1);
  await assert.rejects(receipts.markRead(newId(), chatId, 1), refusal("not_found"));
  await assert.rejects(receipts.markRead(bob, newId(), 1), refusal("not_found"));
});

Deno.test("DirectChats: two people have one chat, whoever opens it, even at once", async () => {
  await using world = await ChatWorld.make();
  const [ann, bob] = await world.people(2);
  const other = world.instance();
  const opened = await Promise.all([
    world.services.direct.open(ann, bob),
    other.direct.open(bob, ann),
    world.services.direct.open(bob, ann),
  ]);
  assert.equal(new Set(opened.map(({ chat }) => chat.id)).size, 1);
  assert.equal(opened.filter(({ made }) => made).length, 1);
  await assert.rejects(world.services.direct.open(ann, ann), refusal("invalid_request"));
  await assert.rejects(world.services.direct.open(ann, newId()), refusal("not_found"));
  await assert.rejects(world.services.direct.open(ann, bob, true), refusal("conflict"));
});
