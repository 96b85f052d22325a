import assert from "node:assert/strict";
import { ChatStateCache } from "../../src/chats/chat_state_cache.ts";
import type { Store } from "../../src/store/store.ts";
import { ChatWorld, refusal } from "./chat_world.ts";

const LARGE = 60;

/** The same store; `reads` gets the names of the calls that read memberships. */
function observed(store: Store, reads: string[]): Store {
  const memberships = new Proxy(store.memberships, {
    get(target, name) {
      const member = Reflect.get(target, name);
      return (...args: unknown[]) => {
        reads.push(String(name));
        return member.apply(target, args);
      };
    },
  });
  return new Proxy(store, {
    get: (target, name) => name === "memberships" ? memberships : Reflect.get(target, name),
  });
}

async function largeGroup(world: ChatWorld) {
  const reads: string[] = [];
  const { chatId, ids } = await world.group(LARGE);
  const cache = new ChatStateCache(observed(world.store, reads));
  await cache.get(chatId);
  return { chatId, ids, cache, reads };
}

Deno.test("ChatStateCache reads the changed members of a large chat whose head has moved", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids, cache, reads } = await largeGroup(world);
  const { groups, sender } = world.services;
  const [late] = await world.people(1);
  await groups.add(ids[0], chatId, [late]);
  await groups.remove(ids[0], chatId, ids[1]);
  await groups.setRole(ids[0], chatId, ids[2], "admin");
  await sender.send(ids[0], { chatId, text: "hello" });
  const chat = (await world.store.chats.byId(chatId))!;
  cache.moved(chatId, chat.rev);
  const { state, fresh } = await cache.get(chatId);
  assert.equal(fresh, false, "read cursors have no revision");
  assert.deepEqual(reads, ["ofChat", "changed"]);
  assert.deepEqual(state!.chat, chat);
  const rows = await world.store.memberships.ofChat(chatId);
  // The sender's cursor has moved with the message.
  const withoutCursors = (row: (typeof rows)[number]) => ({ ...row, readSeq: 0, deliveredSeq: 0 });
  assert.deepEqual(
    new Map([...state!.members].map(([userId, row]) => [userId, withoutCursors(row)])),
    new Map(rows.map((row) => [row.userId, withoutCursors(row)])),
  );
  await cache.get(chatId);
  assert.equal(reads.length, 2, "the state is not behind any more");
});

Deno.test("ChatStateCache reads nothing again for a head that it knows", async () => {
  await using world = await ChatWorld.make();
  const { chatId, cache, reads } = await largeGroup(world);
  const { rev } = (await world.store.chats.byId(chatId))!;
  cache.moved(chatId, rev);
  cache.moved("another chat", rev + 1);
  await cache.get(chatId);
  assert.deepEqual(reads, ["ofChat"]);
});

Deno.test("ChatStateCache reads all members of a small chat, and of one that is behind its cache", async () => {
  await using world = await ChatWorld.make();
  const reads: string[] = [];
  const cache = new ChatStateCache(observed(world.store, reads));
  const small = await world.group(2);
  await cache.get(small.chatId);
  cache.moved(small.chatId);
  assert.equal((await cache.get(small.chatId)).fresh, true);
  const large = await world.group(LARGE);
  const { state } = await cache.get(large.chatId);
  cache.set({ ...state!, chat: { ...state!.chat, rev: state!.chat.rev + 5 } });
  cache.moved(large.chatId);
  const read = await cache.get(large.chatId);
  assert.deepEqual([read.fresh, read.state!.chat.rev], [true, state!.chat.rev]);
  assert.deepEqual(reads, Array(4).fill("ofChat"));
});

Deno.test("ChatStateCache reads all members when very many have changed", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids, cache, reads } = await largeGroup(world);
  await world.services.groups.add(ids[0], chatId, await world.people(200));
  cache.moved(chatId);
  const { state, fresh } = await cache.get(chatId);
  assert.equal(state!.members.size, LARGE + 200);
  assert.equal(fresh, true);
  assert.deepEqual(reads, ["ofChat", "changed", "ofChat"]);
});

Deno.test("ChatStateCache holds states of at most 100,000 members together, of those used last", async () => {
  await using world = await ChatWorld.make();
  const { chatId, cache, reads } = await largeGroup(world);
  const { state } = await cache.get(chatId);
  const [member] = state!.members.values();
  const members = new Map(Array.from({ length: 40_000 }, (_, i) => [`${i}`, member]));
  const put = (id: string) => cache.set({ chat: { ...state!.chat, id }, members });
  // A state that is set again replaces its own, and is the last used one then.
  for (const id of ["a", "b", "a", "a", "a"]) put(id);
  await cache.get(chatId);
  assert.deepEqual(reads, ["ofChat"], "there was room for all");
  put("c");
  assert.equal((await cache.get("a")).fresh, false);
  assert.deepEqual(reads, ["ofChat"]);
  await cache.get(chatId);
  assert.deepEqual(reads, ["ofChat", "ofChat"], "the first was let go");
  assert.equal((await cache.get("b")).state, null, "and the second");
});

Deno.test("ChatStateCache forgets a chat that is gone", async () => {
  await using world = await ChatWorld.make();
  const { chatId, cache } = await largeGroup(world);
  const chats = { byId: () => Promise.resolve(null) };
  const gone = new ChatStateCache({ ...world.store, chats } as unknown as Store);
  gone.set((await cache.get(chatId)).state!);
  gone.moved(chatId);
  assert.deepEqual(await gone.get(chatId), { state: null, fresh: true });
});

Deno.test("ChatWriter decides on the members of a large chat that another instance has changed", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids } = await world.group(LARGE);
  const { sender, writer } = world.services;
  const other = world.instance();
  const [late] = await world.people(1);
  await sender.send(ids[1], { chatId, text: "remembered" });
  await other.groups.add(ids[0], chatId, [late]);
  await other.groups.remove(ids[0], chatId, ids[1]);
  await assert.rejects(sender.send(ids[1], { chatId, text: "gone" }), refusal("not_found"));
  await sender.send(late, { chatId, text: "here" });
  await other.sender.send(late, { chatId, text: "there" });
  await other.groups.remove(ids[0], chatId, late);
  writer.headMoved(chatId, (await world.store.chats.byId(chatId))!.rev);
  await assert.rejects(sender.send(late, { chatId, text: "gone" }), refusal("not_found"));
});

Deno.test("ChatWriter tries no commit against a head that it knows to have moved", async () => {
  await using world = await ChatWorld.make();
  const { chatId, ids } = await world.group(1);
  const { sender } = world.services;
  const heads: number[] = [];
  const chats = new Proxy(world.store.chats, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (name !== "commit") return member.bind(target);
      return (change: { expectedRev: number }) => {
        heads.push(change.expectedRev);
        return member.call(target, change);
      };
    },
  });
  const other = world.instance({ ...world.store, chats } as Store);
  await other.sender.send(ids[0], { chatId, text: "first" });
  const { message } = await sender.send(ids[0], { chatId, text: "second" });
  other.writer.headMoved(chatId, message.rev);
  await other.sender.send(ids[0], { chatId, text: "third" });
  assert.deepEqual(heads, [message.rev - 2, message.rev]);
});
