import assert from "node:assert/strict";
import type { Cursors } from "../../src/chats/catch_up.ts";
import { newId } from "../../src/core/ids.ts";
import type { Changes } from "../../src/api/views/changes.ts";
import { ChatWorld, refusal } from "./chat_world.ts";

const revsOf = ({ messages, members }: Changes) => [
  messages.map(({ rev }) => rev),
  members.map(({ rev }) => rev),
];

Deno.test("CatchUp returns each changed row once, in its current state, in order", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { sender, editor, groups, catchUp } = world.services;
  const { message: first } = await sender.send(ann, { chatId, text: "a" });
  await sender.send(bob, { chatId, text: "b" });
  await editor.edit(ann, first.id, { text: "A" });
  await editor.edit(ann, first.id, { text: "AA" });
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

Deno.test("CatchUp pages of any size lead to the head, with every row once", async () => {
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

Deno.test("CatchUp says that there is more after a page of exactly its limit, unless it is the last", async () => {
  await using world = await ChatWorld.make({ syncRows: 10 });
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { sender, catchUp } = world.services;
  const { rev: start } = await catchUp.changes(bob, chatId, 0);
  // No row but messages follows: nothing else keeps a page from reaching the head.
  for (let i = 0; i < 20; i++) await sender.send(ann, { chatId, text: `${i}` });
  const first = await catchUp.changes(bob, chatId, start);
  assert.deepEqual([first.messages.length, first.rev, first.more], [10, start + 10, true]);
  const last = await catchUp.changes(bob, chatId, first.rev);
  assert.deepEqual([last.messages.length, last.rev, last.more], [10, start + 20, false]);
});

Deno.test("CatchUp tells a former member that they left, and nothing of what came after", async () => {
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
  const synced = async (userId: string, cursors: Cursors) =>
    (await catchUp.sync(userId, { cursors })).items;
  assert.deepEqual(await synced(bob, { [chatId]: 3 }), [left]);
  assert.deepEqual(await synced(bob, { [chatId]: 4 }), []);
  assert.deepEqual(await synced(bob, {}), []);
  const [stranger] = await world.people(1);
  await assert.rejects(catchUp.changes(stranger, chatId, 0), refusal("not_found"));
  await assert.rejects(catchUp.changes(bob, newId(), 0), refusal("not_found"));
  assert.deepEqual(await synced(stranger, { [chatId]: 0 }), []);
});

Deno.test("CatchUp does not move a removed member's cursor over rows they have not received", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { sender, groups, catchUp } = world.services;
  await sender.send(ann, { chatId, text: "before the removal" });
  await groups.remove(ann, chatId, bob);
  await sender.send(ann, { chatId, text: "after the removal" });
  const { rev, members } = await catchUp.changes(bob, chatId, 3);
  assert.deepEqual([rev, members[0].leftAt !== null], [3, true]);
  const { items } = await catchUp.sync(bob, { cursors: { [chatId]: 3 } });
  assert.deepEqual(items.map((changes) => [changes.rev, changes.members.length]), [[3, 1]]);
  await groups.add(ann, chatId, [bob]);
  const back = await catchUp.changes(bob, chatId, rev);
  assert.deepEqual(back.messages.map(({ text }) => text), [
    "before the removal",
    "after the removal",
  ]);
});

Deno.test("CatchUp returns a reset for a cursor past the head, as after a restored backup", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann] } = await world.group(2);
  const { catchUp } = world.services;
  const ahead = await catchUp.changes(ann, chatId, 1_000);
  assert.deepEqual([ahead.reset, ahead.rev, ahead.messages], [true, 3, []]);
  const { items } = await catchUp.sync(ann, { cursors: { [chatId]: 1_000 }, changedOnly: true });
  assert.deepEqual(items, [ahead]);
  assert.equal((await catchUp.changes(ann, chatId, 3)).reset, undefined);
});

Deno.test("CatchUp limits the bytes of a result, and its pages lead to the head", async () => {
  await using world = await ChatWorld.make({ syncBytes: 16_384 });
  const { chatId, ids: [ann] } = await world.group(1);
  const { sender, catchUp } = world.services;
  const text = "x".repeat(5_000);
  for (let i = 0; i < 20; i++) await sender.send(ann, { chatId, text });
  let pages = 0;
  const revs: number[] = [];
  for (let after = 2, more = true; more; pages++) {
    const changes = await catchUp.changes(ann, chatId, after);
    assert.ok(JSON.stringify(changes).length < 16_384 + 6_000);
    revs.push(...changes.messages.map(({ rev }) => rev));
    ({ rev: after, more } = changes);
  }
  assert.deepEqual(revs, Array.from({ length: 20 }, (_, i) => i + 3));
  assert.ok(pages >= 5, `${pages} pages`);
  const { items: [changes] } = await catchUp.sync(ann, { cursors: { [chatId]: 2 } });
  assert.equal(changes.more, true);
  assert.ok(JSON.stringify(changes).length < 16_384 + 6_000);
});

Deno.test("CatchUp pages through all chats by id, including new and left ones, each once", async () => {
  await using world = await ChatWorld.make({ syncChats: 3 });
  const { ids: [ann, bob] } = await world.group(2);
  const { groups, catchUp } = world.services;
  const made = { name: "g", description: "", memberIds: [bob], encrypted: false };
  const ids: string[] = [];
  for (let i = 0; i < 7; i++) ids.push((await groups.create(ann, made)).chat.id);
  await groups.remove(ann, ids[2], bob);
  const cursorsOfClient = ids.slice(0, 5).map((id) => [id, id === ids[3] ? 3 : 2]);
  const walk = async (named: (from?: string) => typeof cursorsOfClient) => {
    const found: string[] = [];
    for (let from: string | undefined, pages = 0; pages < 9; pages++) {
      const cursors = Object.fromEntries(named(from));
      const to = Object.keys(cursors).length === 2 ? Object.keys(cursors)[1] : undefined;
      const page = await catchUp.sync(bob, { cursors, from, to, changedOnly: true });
      assert.ok(page.items.length <= 3);
      for (const { chatId } of page.items) assert.ok(to === undefined || chatId <= to);
      found.push(...page.items.map(({ chatId }) => chatId).sort());
      from = page.next ?? to;
      if (from === undefined) break;
    }
    return found;
  };
  const [first] = (await catchUp.sync(bob, { cursors: {} })).items.map(({ chatId }) => chatId)
    .sort();
  const expected = [first, ...ids].filter((id) => id !== ids[3]);
  const later = (from?: string) => cursorsOfClient.filter(([id]) => !from || id > from).slice(0, 2);
  assert.deepEqual(await walk(later), expected);
  // Cursors outside of the page name a chat that was left: it comes with its own page only.
  const three = cursorsOfClient.slice(1, 4);
  const unnamed = [first, ...ids];
  assert.deepEqual(await walk(() => three), unnamed.filter((id) => id !== ids[3]));
  const named = await catchUp.sync(bob, { cursors: { [ids[0]]: 0, [ids[2]]: 0 }, namedOnly: true });
  assert.deepEqual(named.items.map(({ chatId }) => chatId).sort(), [ids[0], ids[2]]);
});

Deno.test("CatchUp.sync covers all chats, and marks those that have more", async () => {
  await using world = await ChatWorld.make({ syncRows: 10 });
  const { chatId: quiet, ids: [ann] } = await world.group(1);
  const { sender, groups, catchUp } = world.services;
  const busy: string[] = [];
  for (let i = 0; i < 3; i++) {
    world.now += 1_000;
    const group = { name: `${i}`, description: "", memberIds: [], encrypted: false };
    const { chat: { id } } = await groups.create(ann, group);
    for (let j = 0; j < 6; j++) await sender.send(ann, { chatId: id, text: `${j}` });
    busy.push(id);
  }
  const { items: answer } = await catchUp.sync(ann, { cursors: { [quiet]: 2 } });
  const byChat = new Map(answer.map((changes) => [changes.chatId, changes]));
  assert.deepEqual(answer.map(({ chatId }) => chatId), [...busy.toReversed(), quiet]);
  assert.deepEqual([byChat.get(busy[2])!.more, byChat.get(busy[1])!.more], [false, true]);
  const last = byChat.get(busy[0])!;
  assert.deepEqual([last.rev, last.more, last.messages], [0, true, []]);
  assert.deepEqual([byChat.get(quiet)!.rev, byChat.get(quiet)!.more], [2, false]);
});

Deno.test("CatchUp.sync rejects cursors of more chats than allowed", async () => {
  await using world = await ChatWorld.make({ syncChats: 2 });
  const [ann] = await world.people(1);
  const cursors = Object.fromEntries([newId(), newId(), newId()].map((id) => [id, 0]));
  await assert.rejects(
    world.services.catchUp.sync(ann, { cursors }),
    refusal("invalid_request", /cursors/),
  );
});

Deno.test("Receipts move forward only, and not past the newest message", async () => {
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

Deno.test("DirectChats creates one chat for two people, also when both open it at once", async () => {
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
  const encrypted = await world.services.direct.open(ann, bob, { encrypted: true });
  assert.notEqual(encrypted.chat.id, opened[0].chat.id, "one of each a pair");
});

Deno.test("CatchUp says that nothing was missed only if cursors name all chats at their heads", async () => {
  await using world = await ChatWorld.make({ syncChats: 2 });
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { sender, catchUp } = world.services;
  const rows = await world.store.memberships.presentOfUser(bob, null, 10);
  const { rev } = await catchUp.changes(bob, chatId, 0);
  // As a store reads them that has no heads beside them, too.
  for (const row of rows) {
    for (const { headBefore, ...rest } of [row, { ...row, headBefore: undefined }]) {
      const read = headBefore === undefined ? rest : { ...rest, headBefore };
      const chats = new Map([[chatId, read]]);
      const isUpToDate = (cursors: Cursors) => catchUp.isUpToDate(cursors, chats);
      assert.equal(await isUpToDate({ [chatId]: rev }), true);
      assert.equal(await isUpToDate({ [chatId]: rev - 1 }), false);
      assert.equal(await isUpToDate({ [chatId]: rev + 1 }), false);
      assert.equal(await isUpToDate({}), false);
      assert.equal(await isUpToDate({ [chatId]: rev, [newId()]: 0 }), false);
      assert.equal(await isUpToDate({ [newId()]: rev }), false);
      const many = Object.fromEntries([newId(), newId(), newId()].map((id) => [id, 1]));
      await assert.rejects(isUpToDate(many), { code: "invalid_request" });
    }
  }
  assert.equal(await catchUp.isUpToDate({}, new Map()), true);
  await sender.send(ann, { chatId, text: "later" });
  const now = new Map([[chatId, (await world.store.memberships.presentOfUser(bob, null, 10))[0]]]);
  assert.equal(await catchUp.isUpToDate({ [chatId]: rev }, now), false);
  assert.equal(await catchUp.isUpToDate({ [chatId]: rev + 1 }, now), true);
});
