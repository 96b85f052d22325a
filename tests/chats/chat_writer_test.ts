import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import type { ChatChange } from "../../src/store/chat_store.ts";
import { DuplicateKey, MediaGone, type Store } from "../../src/store/store.ts";
import { eventually } from "../support/eventually.ts";
import { ChatWorld, refusal } from "./chat_world.ts";

/** The same store, with `onCommit` called before each commit; it may throw. */
function spied(store: Store, onCommit: (change: ChatChange) => unknown): Store {
  const { users, blocks, contacts, messages, memberships, chats } = store;
  const commit = async (change: ChatChange) => {
    await onCommit(change);
    return chats.commit(change);
  };
  const byId = (id: string) => chats.byId(id);
  const byDirectKey = (key: string) => chats.byDirectKey(key);
  const spiedChats = { commit, byId, byDirectKey };
  const rest = { users, blocks, contacts, messages, memberships };
  return { ...rest, chats: spiedChats } as unknown as Store;
}

Deno.test("ChatWriter commits writes together that arrive together", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids } = await world.group(2);
  const changes: ChatChange[] = [];
  const store = spied(world.store, (change) => changes.push(change));
  const { promise: gathered, resolve: gather } = Promise.withResolvers<void>();
  const instance = world.instance(store, { gather: () => gathered });
  const send = (i: number) => instance.sender.send(ids[i % 2], { chatId, text: `${i}` });
  await send(0);
  const sends = Array.from({ length: 100 }, (_, i) => send(i));
  // All of them have checked their sender and wait for the first commit's turn to end.
  await eventually("the sends wait", () => instance.writer.waiting === 100);
  gather();
  const sent = await Promise.all(sends);
  assert.equal(changes.length, 2);
  assert.equal(changes[1].inserted.length, 100);
  assert.deepEqual(sent.map(({ message }) => message.seq), sent.map((_, i) => 5 + i));
  assert.deepEqual(instance.commits.map(({ after, rev }) => [after, rev]), [[3, 4], [4, 104]]);
});

for (const key of ["clientId", "id"] as const) {
  Deno.test(`ChatWriter returns the message of an earlier try that the store reports by its ${key}`, async () => {
    await using world = await ChatWorld.make();
    const { chatId, ids } = await world.group(1);
    const { chats } = world.store;
    let isFirst = true;
    const store = spied(world.store, async (change) => {
      if (!isFirst) return;
      isFirst = false;
      await chats.commit(change);
      throw new DuplicateKey(key);
    });
    const { sender } = world.instance(store);
    const { message, repeated } = await sender.send(ids[0], { chatId, text: "once" });
    assert.equal(repeated, true);
    assert.equal((await chats.byId(chatId))!.rev, message.rev);
  });
}

Deno.test("ChatWriter keeps nothing of a chat whose writes have ended", async () => {
  await using world = await ChatWorld.make();
  const { writer, sender } = world.services;
  const { chatId, ids } = await world.group(1);
  await Promise.all([1, 2, 3].map((i) => sender.send(ids[0], { chatId, text: `${i}` })));
  await eventually("no chat is busy", () => writer.busyChats === 0);
});

Deno.test("ChatWriter makes a client that writes in turn wait for no timer", async () => {
  await using world = await ChatWorld.make();
  const { sender } = world.services;
  const { chatId, ids } = await world.group(1);
  const send = (i: number) => sender.send(ids[0], { chatId, text: `${i}` });
  await send(0);
  const timers: number[] = [];
  const real = globalThis.setTimeout;
  globalThis.setTimeout = ((run: () => void, ms = 0) => {
    timers.push(ms);
    return real(run, ms);
  }) as typeof setTimeout;
  try {
    for (let i = 1; i <= 5; i++) await send(i);
  } finally {
    globalThis.setTimeout = real;
  }
  assert.deepEqual(timers, []);
});

Deno.test("ChatWriter loses and repeats no write when two instances write to one chat", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids } = await world.group(2);
  const instances = [world.services, world.instance()];
  const sent = await Promise.all(
    Array.from(
      { length: 200 },
      (_, i) => instances[i % 2].sender.send(ids[i % 2], { chatId, text: `${i}` }),
    ),
  );
  const seqs = sent.map(({ message }) => message.seq).sort((a, b) => a - b);
  assert.deepEqual(seqs, seqs.map((_, i) => 4 + i));
  const stored = await world.store.messages.changed(chatId, 0, 1e6, 1e4);
  assert.deepEqual(stored.map(({ seq }) => seq), seqs);
});

Deno.test("ChatWriter creates one message for a repeated send, at once, later or on another instance", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids } = await world.group(1);
  const input = { chatId, text: "a", clientId: "once" };
  const other = world.instance();
  const tries = await Promise.all([
    world.services.sender.send(ids[0], input),
    world.services.sender.send(ids[0], input),
    other.sender.send(ids[0], input),
  ]);
  tries.push(
    await other.sender.send(ids[0], input),
    await world.services.sender.send(ids[0], input),
  );
  assert.equal(new Set(tries.map(({ message }) => message.id)).size, 1);
  assert.equal(tries.filter(({ repeated }) => !repeated).length, 1);
  assert.equal((await world.store.chats.byId(chatId))!.rev, 3);
});

Deno.test("ChatWriter announces the revision of a repeated send, which may have been lost, and of no other", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann] } = await world.group(1);
  const announced: [chatId: string, rev: number][] = [];
  const onRepeat = (...head: [chatId: string, rev: number]) => announced.push(head);
  const { sender, editor } = world.instance(world.store, { onRepeat });
  const input = { chatId, text: "a", clientId: "once" };
  const { message } = await world.services.sender.send(ann, input);
  await world.services.sender.send(ann, { chatId, text: "b" });
  await sender.send(ann, input);
  const [[announcedId, rev], ...others] = announced.splice(0);
  assert.deepEqual([announcedId, others], [chatId, []]);
  assert.ok(rev >= message.rev && rev <= message.rev + 1, `${rev} is up to the head`);
  await sender.send(ann, { chatId, text: "c" });
  await editor.edit(ann, message.id, { text: "d" });
  assert.deepEqual(announced, [], "commits are announced with their rows");
});

Deno.test("ChatWriter leaves no step of an edit that throws midway, and commits its neighbors", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids } = await world.group(2);
  const { writer, sender } = world.services;
  const outcomes = await Promise.allSettled([
    sender.send(ids[0], { chatId, text: "before" }),
    writer.write(chatId, (draft) => {
      draft.updateChat({ name: "half" });
      draft.updateMember(draft.member(ids[1])!, { leftAt: 1 });
      throw new Error("midway");
    }),
    sender.send(ids[1], { chatId, text: "after" }),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  const chat = (await world.store.chats.byId(chatId))!;
  assert.deepEqual([chat.name, chat.rev, chat.memberCount], ["Group", 5, 2]);
});

Deno.test("ChatWriter refuses no one who has joined on another instance, though its cache is old", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids } = await world.group(1);
  const [late] = await world.people(1);
  const other = world.instance();
  await world.services.sender.send(ids[0], { chatId, text: "remembered" });
  await other.groups.add(ids[0], chatId, [late]);
  const { message } = await world.services.sender.send(late, { chatId, text: "hello" });
  assert.equal(message.seq, 5);
});

Deno.test("ChatWriter refuses a member who was removed on another instance, even without a change", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids } = await world.group(2);
  const other = world.instance();
  const { message } = await world.services.sender.send(ids[1], { chatId, text: "mine" });
  await other.groups.remove(ids[0], chatId, ids[1]);
  const { editor, sender } = world.services;
  await assert.rejects(sender.send(ids[1], { chatId, text: "b" }), refusal("not_found"));
  // These would change nothing, so that no commit shows that the cached state is old.
  const third = world.instance();
  await third.sender.send(ids[0], { chatId, text: "c" });
  await other.groups.add(ids[0], chatId, [ids[1]]);
  await third.sender.send(ids[1], { chatId, text: "d" });
  await other.groups.remove(ids[0], chatId, ids[1]);
  await assert.rejects(
    third.editor.edit(ids[1], message.id, { text: "mine" }),
    refusal("not_found"),
  );
  await assert.rejects(editor.react(ids[1], message.id, "👍", true), refusal("not_found"));
});

Deno.test("ChatWriter commits member rows with the current read cursors", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids: [ann, bob] } = await world.group(2);
  const { sender, receipts, groups, commits } = world.services;
  const { message: { seq } } = await sender.send(ann, { chatId, text: "a" });
  const committedReads = () =>
    commits.at(-1)!.steps.map((step) => step.type === "member.updated" && step.member.readSeq);
  await receipts.markRead(bob, chatId, seq);
  await groups.setRole(ann, chatId, bob, "admin");
  assert.deepEqual(committedReads(), [seq]);
  await groups.remove(ann, chatId, bob);
  await groups.add(ann, chatId, [bob, ...await world.people(1)]);
  // A new member has read everything that was there before.
  assert.deepEqual(committedReads(), [seq, seq]);
});

Deno.test("ChatWriter fails the batch of a failed commit, and commits the next one", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids } = await world.group(1);
  let broken = true;
  const instance = world.instance(spied(world.store, () => {
    if (broken) throw new Error("disk full");
  }));
  const outcomes = await Promise.allSettled(
    [1, 2].map((i) => instance.sender.send(ids[0], { chatId, text: `${i}`, clientId: `${i}` })),
  );
  assert.deepEqual(outcomes.map(({ status }) => status), ["rejected", "rejected"]);
  assert.deepEqual(instance.commits, []);
  broken = false;
  const { message } = await instance.sender.send(ids[0], { chatId, text: "1", clientId: "1" });
  assert.equal(message.seq, 3);
});

Deno.test("ChatWriter lets the edit refuse an upload that is deleted before the commit, also in a new chat", async () => {
  await using world = await ChatWorld.make();
  const [ann, bob] = await world.people(2);
  let gone = true;
  const instance = world.instance(spied(world.store, () => {
    if (gone) throw new MediaGone("upload");
  }));
  let runs = 0;
  const rename = instance.direct.write(ann, bob, (draft) => {
    gone = ++runs === 1;
    return draft.updateChat({ description: "made" }).rev;
  });
  assert.deepEqual([await rename, runs], [4, 2]);
  gone = true;
  const [{ chatId }] = await world.store.memberships.ofUser(ann);
  const again = instance.writer.write(chatId, (draft) => {
    gone = ++runs === 3;
    return draft.updateChat({ description: "changed" }).rev;
  });
  assert.deepEqual([await again, runs], [5, 4]);
});

Deno.test("ChatWriter rejects writes to a chat that does not exist", async () => {
  await using world = await ChatWorld.make();
  const [ann] = await world.people(1);
  const send = world.services.sender.send(ann, { chatId: newId(), text: "a" });
  await assert.rejects(send, refusal("not_found"));
});
