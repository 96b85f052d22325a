import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { aBlock } from "../contract/store/rows.ts";
import { ChatWorld, refusal } from "../chats/chat_world.ts";

Deno.test("MessageSender returns the first message of a repeated send, whatever has changed since", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { sender, groups, direct, editor } = world.services;
  const input = { chatId, text: "@bob", mentions: [bob], clientId: "once" };
  const { message } = await sender.send(ann, input);
  await groups.remove(ann, chatId, bob);
  const again = await sender.send(ann, input);
  assert.deepEqual([again.repeated, again.message.id], [true, message.id]);

  const { chat } = await direct.open(ann, bob);
  const first = await sender.send(ann, { chatId: chat.id, text: "a", clientId: "a" });
  await world.store.blocks.add(aBlock({ blockerId: bob, blockedId: ann }), Infinity);
  await assert.rejects(sender.send(ann, { chatId: chat.id, text: "b" }), refusal("forbidden"));
  await assert.rejects(
    editor.edit(ann, first.message.id, { text: "around it" }),
    refusal("forbidden"),
  );
  const repeat = await sender.send(ann, { recipientId: bob, text: "a", clientId: "a" });
  assert.deepEqual([repeat.repeated, repeat.message.id], [true, first.message.id]);
});

Deno.test("MessageSender checks reply, mentions and limits before anything is written", async () => {
  await using world = await ChatWorld.make({ textLength: 5, mentions: 1, mediaPerMessage: 1 });
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const elsewhere = await world.group(1);
  const { sender } = world.services;
  const foreign = await sender.send(elsewhere.ids[0], { chatId: elsewhere.chatId, text: "x" });
  const bad: [input: object, code: "invalid_request" | "not_found"][] = [
    [{ text: "123456" }, "invalid_request"],
    [{}, "invalid_request"],
    [{ text: "a", mentions: [ann, bob] }, "invalid_request"],
    [{ text: "a", mentions: [elsewhere.ids[0]] }, "invalid_request"],
    [{ text: "a", replyTo: newId() }, "not_found"],
    [{ text: "a", replyTo: foreign.message.id }, "not_found"],
    [{ text: "a", mediaIds: [newId()] }, "not_found"],
    [{ mediaIds: [newId(), newId()] }, "invalid_request"],
    [{ ciphertext: "AAAA" }, "invalid_request"],
  ];
  for (const [input, code] of bad) {
    const label = JSON.stringify(input);
    await assert.rejects(sender.send(ann, { chatId, ...input }), refusal(code), label);
  }
  assert.equal((await world.store.chats.byId(chatId))!.rev, 3);
  // Five characters of two UTF-16 units each.
  const { message } = await sender.send(ann, { chatId, text: "😀😀😀😀😀", mentions: [bob] });
  const reply = await sender.send(bob, { chatId, text: "ok", replyTo: message.id });
  assert.deepEqual([message.mentions, reply.message.replyTo], [[bob], message.id]);
});

Deno.test("MessageSender creates the chat of a first message, and none for a refused one", async () => {
  await using world = await ChatWorld.make();
  const [ann, bob, eve] = await world.people(3);
  const { sender } = world.services;
  const bad: object[] = [
    {},
    { ciphertext: "AAAA" },
    { text: "a", mentions: [eve] },
    { text: "a", replyTo: newId() },
    { mediaIds: [newId()] },
  ];
  for (const input of bad) {
    await assert.rejects(sender.send(ann, { recipientId: bob, ...input }), JSON.stringify(input));
  }
  await assert.rejects(sender.send(ann, { recipientId: ann, text: "a" }), {
    code: "invalid_request",
    errors: [{ path: "recipientId", message: "Cannot send: a direct chat takes two people" }],
  });
  assert.deepEqual(await world.store.memberships.ofUser(ann), []);
  const sends = [[ann, bob], [bob, ann], [ann, bob]].map(([from, to], i) =>
    (i === 1 ? world.instance().sender : sender)
      .send(from, { recipientId: to, text: "a", clientId: `${i % 2}` })
  );
  const sent = (await Promise.all(sends)).map(({ message }) => message);
  assert.equal(new Set(sent.map(({ chatId }) => chatId)).size, 1);
  assert.equal(new Set(sent.map(({ id }) => id)).size, 2, "what is repeated is one message");
  const { rev, memberCount } = (await world.store.chats.byId(sent[0].chatId))!;
  assert.deepEqual([rev, memberCount], [5, 2]);
});

Deno.test("MessageEditor applies a repeated edit once", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { sender, editor, reader } = world.services;
  const { message } = await sender.send(ann, { chatId, text: "first words" });
  world.now += 5;
  const edited = await editor.edit(ann, message.id, { text: "second words" });
  assert.deepEqual([edited.seq, edited.rev, edited.editedAt], [message.seq, 5, world.now]);
  assert.equal((await editor.edit(ann, message.id, { text: "second words" })).rev, 5);
  await assert.rejects(editor.edit(bob, message.id, { text: "mine now" }), refusal("forbidden"));
  const find = async (query: string) =>
    (await reader.search(bob, { query, limit: 5 })).items.length;
  assert.deepEqual([await find("first"), await find("second")], [0, 1]);
});

Deno.test("MessageEditor adds and removes mentions of a text that stays", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob, cat] } = await world.group(3);
  const { sender, editor } = world.services;
  const { message: { id } } = await sender.send(ann, { chatId, text: "you", mentions: [bob] });
  const revs: number[] = [];
  for (const mentions of [[bob, cat], [bob], [bob], [cat], []]) {
    const edited = await editor.edit(ann, id, { mentions });
    assert.deepEqual([edited.mentions, edited.text], [mentions, "you"]);
    revs.push(edited.rev);
  }
  assert.deepEqual(revs.map((rev) => rev - revs[0]), [0, 1, 1, 2, 3]);
});

Deno.test("MessageEditor leaves a tombstone with its place and without the content", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { sender, editor, reader } = world.services;
  const { message } = await sender.send(bob, { chatId, text: "secret", mentions: [ann] });
  await editor.react(ann, message.id, "👍", false);
  await editor.pin(ann, message.id, false);
  await editor.delete(ann, message.id);
  await editor.delete(bob, message.id);
  const [gone] = (await reader.history(ann, { chatId, limit: 5 })).items;
  assert.deepEqual([gone.seq, gone.rev, gone.senderId], [message.seq, 7, bob]);
  const { text, mentions, reactions, pinnedAt, deletedAt } = gone;
  assert.deepEqual({ text, mentions, reactions, pinnedAt, deletedAt }, {
    text: "",
    mentions: [],
    reactions: [],
    pinnedAt: null,
    deletedAt: world.now,
  });
  assert.deepEqual((await reader.search(ann, { query: "secret", limit: 5 })).items, []);
  assert.deepEqual((await reader.pinned(ann, chatId)).items, []);
  for (
    const late of [
      () => editor.edit(bob, message.id, { text: "back" }),
      () => editor.react(bob, message.id, "👍", false),
      () => editor.pin(bob, message.id, false),
    ]
  ) await assert.rejects(late, refusal("conflict", /deleted/));
});

Deno.test("MessageEditor counts reactions by person, keeps their order, and limits their kinds", async () => {
  await using world = await ChatWorld.make({ reactionKinds: 2 });
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { sender, editor } = world.services;
  const { message: { id } } = await sender.send(ann, { chatId, text: "a" });
  await editor.react(bob, id, "👍", false);
  await editor.react(ann, id, "👍", false);
  await editor.react(ann, id, "👍", false);
  const both = await editor.react(ann, id, "🎉", false);
  assert.deepEqual(both.reactions, [
    { emoji: "👍", userIds: [bob, ann] },
    { emoji: "🎉", userIds: [ann] },
  ]);
  assert.equal(both.rev, 7);
  await assert.rejects(editor.react(bob, id, "🔥", false), refusal("conflict"));
  await editor.react(ann, id, "🎉", true);
  const last = await editor.react(bob, id, "🎉", true);
  assert.deepEqual(last.reactions, [{ emoji: "👍", userIds: [bob, ann] }]);
  assert.equal(last.rev, 8);
});

Deno.test("MessageEditor limits pins, and unpinning makes room", async () => {
  await using world = await ChatWorld.make({ pins: 2 });
  const { chatId, ids: [ann] } = await world.group(1);
  const { sender, editor, reader } = world.services;
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    ids.push((await sender.send(ann, { chatId, text: `${i}` })).message.id);
  }
  for (const id of ids.slice(0, 2)) {
    world.now++;
    await editor.pin(ann, id, false);
  }
  await assert.rejects(editor.pin(ann, ids[2], false), refusal("conflict"));
  assert.deepEqual((await reader.pinned(ann, chatId)).items.map(({ id }) => id), [ids[1], ids[0]]);
  const [stranger] = await world.people(1);
  await assert.rejects(editor.pin(stranger, ids[2], false), refusal("not_found"));
  await editor.pin(ann, ids[0], true);
  await editor.pin(ann, ids[2], false);
});

Deno.test("MessageEditor lets members remove and join reactions above a limit that was higher before", async () => {
  await using world = await ChatWorld.make({ reactionKinds: 1 });
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { sender, editor } = world.services;
  const { message: { id } } = await sender.send(ann, { chatId, text: "a" });
  await world.services.writer.write(chatId, async (draft) => {
    const reactions = ["👍", "🎉", "🔥"].map((emoji) => ({ emoji, userIds: [ann] }));
    draft.updateMessage((await draft.message(id))!, { reactions });
  });
  await editor.react(ann, id, "🔥", true);
  const { reactions } = await editor.react(bob, id, "👍", false);
  assert.deepEqual(reactions, [
    { emoji: "👍", userIds: [ann, bob] },
    { emoji: "🎉", userIds: [ann] },
  ]);
  await assert.rejects(editor.react(bob, id, "🔥", false), refusal("conflict"));
});

Deno.test("MessageReader reads history in both directions, page by page, to its ends", async () => {
  await using world = await ChatWorld.make({ pageSize: 3 });
  const { chatId, ids: [ann] } = await world.group(1);
  const { sender, reader } = world.services;
  for (let i = 0; i < 6; i++) await sender.send(ann, { chatId, text: `${i}` });
  const walk = async (direction: "before" | "after", from?: number) => {
    const pages: string[] = [];
    for (let at = from, more = true; more;) {
      const page = await reader.history(ann, { chatId, [direction]: at, limit: 50 });
      pages.push(page.items.map(({ text }) => text).join(""));
      at = Number(page.next);
      more = page.next !== null;
    }
    return pages;
  };
  assert.deepEqual(await walk("before"), ["543", "210"]);
  assert.deepEqual(await walk("after", 0), ["012", "345"]);
  assert.deepEqual(await walk("before", 3), [""]);
});

Deno.test("MessageReader reads no further than to the beginning of a member's time", async () => {
  await using world = await ChatWorld.make({ pageSize: 3 });
  const { chatId, ids: [ann] } = await world.group(1);
  const [bob] = await world.people(1);
  const { groups, sender, reader } = world.services;
  await groups.update(ann, chatId, { history: "joined" });
  for (const text of ["0", "1", "2"]) await sender.send(ann, { chatId, text });
  await groups.add(ann, chatId, [bob]);
  for (const text of ["3", "4"]) await sender.send(ann, { chatId, text });
  const { messages } = world.store;
  const page = messages.page.bind(messages);
  let reads = 0;
  messages.page = (query) => (reads++, page(query));
  const { items, next } = await reader.history(bob, { chatId, limit: 50 });
  assert.deepEqual([items.map(({ text }) => text), next, reads], [["4", "3"], null, 1]);
});

Deno.test("MessageReader finds any script, in the caller's own chats only, newest first", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann] } = await world.group(1);
  const other = await world.group(1);
  const { sender, reader, groups } = world.services;
  const texts = [
    "Crème brûlée",
    "我们明天见面",
    "東京タワー",
    "สวัสดีชาวโลก",
    "مرحبا بالعالم",
    "brulee again",
  ];
  for (const text of texts) await sender.send(ann, { chatId, text });
  await sender.send(other.ids[0], { chatId: other.chatId, text: "brulee of others" });
  const find = async (query: string, who = ann) =>
    (await reader.search(who, { query, limit: 10 })).items.map(({ text }) => text);
  assert.deepEqual(await find("BRULEE"), ["brulee again", "Crème brûlée"]);
  assert.deepEqual(await find("明天"), ["我们明天见面"]);
  assert.deepEqual(await find("東京"), ["東京タワー"]);
  assert.deepEqual(await find("ชาว"), ["สวัสดีชาวโลก"]);
  assert.deepEqual(await find("مرحبا"), ["مرحبا بالعالم"]);
  const first = await reader.search(ann, { query: "brulee", limit: 1 });
  const next = await reader.search(ann, { query: "brulee", limit: 1, cursor: first.next! });
  assert.deepEqual([next.items[0].text, next.next], ["Crème brûlée", null]);
  await groups.remove(ann, chatId, ann);
  assert.deepEqual(await find("brulee"), []);
  const foreign = reader.search(ann, { query: "brulee", limit: 1, chatId: other.chatId });
  await assert.rejects(foreign, refusal("not_found"));
});
