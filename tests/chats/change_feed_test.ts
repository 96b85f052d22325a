import assert from "node:assert/strict";
import { CatchUp, type CatchUpLimits } from "../../src/chats/catch_up.ts";
import type { Changes } from "../../src/api/views/changes.ts";
import { ChangeFeed, type ChatCursor } from "../../src/chats/change_feed.ts";
import { ChangeReader } from "../../src/chats/change_reader.ts";
import { ChatStateCache } from "../../src/chats/chat_state_cache.ts";
import { rowBytes } from "../../src/chats/row_size.ts";
import { newId } from "../../src/core/ids.ts";
import type { Chat } from "../../src/model/chat.ts";
import type { Membership } from "../../src/model/membership.ts";
import type { Store } from "../../src/store/store.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { aChange, aChat, aMember, sendTo, storedChat, T0 } from "../contract/store/rows.ts";

/** Adds a Commit to an encrypted chat, as its next revision, and returns the chat. */
async function commitTo(store: Store, chat: Chat): Promise<Chat> {
  const [rev, epoch] = [chat.rev + 1, chat.epoch!];
  const place = { chatId: chat.id, generation: 0, message: "AAEAAQ", createdAt: T0 };
  const handshake = { ...place, rev, epoch, senderId: newId(), clientId: newId() };
  const groupInfo = { chatId: chat.id, generation: 0, epoch: epoch + 1, groupInfo: "AAEAAQ" };
  const mls = { commits: [handshake], groupInfo, welcomes: [] };
  const next = { ...chat, rev, epoch: epoch + 1 };
  await store.chats.commit(aChange(chat.rev, next, { mls }));
  return next;
}

/** An encrypted chat with this many Commits, and nothing else after its first revision. */
async function aChatOfCommits(store: Store, count: number): Promise<string> {
  let chat = aChat({ encrypted: true, epoch: 0 });
  await store.chats.commit(aChange(0, chat, {}));
  for (let epoch = 0; epoch < count; epoch++) chat = await commitTo(store, chat);
  return chat.id;
}

Deno.test("ChangeFeed counts Commits against the limit of rows, and its pages lead to the head", async () => {
  const store = new SqliteStore(":memory:");
  const chatId = await aChatOfCommits(store, 23);
  const feed = new ChangeFeed(store);
  for (const rows of [1, 3, 4, 5, 10, 23, 24]) {
    const revs: number[] = [];
    for (let after = 1, more = true; more;) {
      const page = await feed.after(chatId, after, { rows });
      assert.ok(page.commits.length <= rows, `${page.commits.length} of ${rows}`);
      assert.equal(page.more, page.rev < 24);
      revs.push(...page.commits.map(({ rev }) => rev));
      [after, more] = [page.rev, page.more];
    }
    assert.deepEqual(revs, Array.from({ length: 23 }, (_, i) => i + 2), `pages of ${rows}`);
  }
  await store.close();
});

Deno.test("ChangeFeed counts Commits and messages together against the limit of rows", async () => {
  const store = new SqliteStore(":memory:");
  let chat = aChat({ encrypted: true, epoch: 0 });
  await store.chats.commit(aChange(0, chat, {}));
  for (let i = 0; i < 3; i++) {
    chat = await commitTo(store, (await sendTo(store, chat, ["a", "b"])).chat);
  }
  const feed = new ChangeFeed(store);
  for (const rows of [2, 5, 7, 8, 9]) {
    const found: number[] = [];
    for (let after = 1, more = true; more;) {
      const page = await feed.after(chat.id, after, { rows });
      const revs = [...page.messages, ...page.commits].map(({ rev }) => rev);
      assert.ok(revs.length <= rows, `${revs.length} of ${rows}`);
      found.push(...revs.sort((a, b) => a - b));
      [after, more] = [page.rev, page.more];
    }
    assert.deepEqual(found, [2, 3, 4, 5, 6, 7, 8, 9, 10], `pages of ${rows}`);
  }
  await store.close();
});

Deno.test("ChangeFeed ends a result with the row that reaches its limit of bytes", async () => {
  const store = new SqliteStore(":memory:");
  const { chat, messages } = await storedChat(store, { messages: [{}, {}, {}] });
  const feed = new ChangeFeed(store);
  const [first, second] = messages.map(rowBytes);
  const revsOf = async (bytes: number) =>
    (await feed.after(chat.id, 1, { rows: 100, bytes })).messages.map(({ rev }) => rev);
  assert.deepEqual(await revsOf(1), [2], "one row at least");
  assert.deepEqual(await revsOf(first), [2]);
  assert.deepEqual(await revsOf(first + 1), [2, 3]);
  assert.deepEqual(await revsOf(first + second), [2, 3]);
  assert.deepEqual(await revsOf(first + second + 1), [2, 3, 4]);
  await store.close();
});

for (const kind of ["messages", "members"] as const) {
  Deno.test(`ChangeFeed reads several chats together only if all of their ${kind} fit`, async () => {
    const store = new SqliteStore(":memory:");
    const chats = [];
    for (const rows of [2, 3]) {
      const { chat } = await storedChat(store, {
        [kind]: Array.from({ length: rows }, () => ({})),
      });
      chats.push({ chat, after: 0 });
    }
    const feed = new ChangeFeed(store);
    const together = await feed.together(chats, 5);
    assert.deepEqual(together?.map((changes) => changes[kind].length), [2, 3]);
    assert.deepEqual(together?.map(({ rev, more }) => [rev, more]), [
      [chats[0].chat.rev, false],
      [chats[1].chat.rev, false],
    ]);
    assert.equal(await feed.together(chats, 4), null);
    assert.equal(await feed.together(chats, 1), null);
    await store.close();
  });
}

/** Memberships of a person in encrypted chats with Commits, and the sync of that person. */
async function syncOfCommits(limits: Partial<CatchUpLimits>): Promise<number[]> {
  const store = new SqliteStore(":memory:");
  const userId = newId();
  const counts: number[] = [];
  for (let i = 0; i < 2; i++) {
    let chat = aChat({ encrypted: true, epoch: 0, lastActivityAt: T0 - i });
    await store.chats.commit(aChange(0, chat, { members: [aMember(chat.id, { userId })] }));
    for (let n = 0; n < 3; n++) chat = await commitTo(store, chat);
  }
  const all = { syncRows: 1_000, syncBytes: 1_000_000, syncChats: 100, ...limits };
  const catchUp = new CatchUp(store, new ChangeFeed(store), all);
  const { items } = await catchUp.sync(userId, { cursors: {} });
  counts.push(...items.map(({ members, commits }) => members.length + commits.length));
  await store.close();
  return counts;
}

Deno.test("ChangeReader reads chats with few changes together, and only the others one by one", async () => {
  const chats = Array.from({ length: 60 }, (_, n) => ({ id: `chat ${n}`, rev: 5 }) as Chat);
  const changesOf = (chatId: string, count = 1) => {
    const messages = Array.from({ length: count }, () => ({}));
    return { chatId, rev: 5, messages, members: [], commits: [] } as unknown as Changes;
  };
  const together: number[] = [];
  const alone: string[] = [];
  const feed = {
    together(some: ChatCursor[]) {
      together.push(some.length);
      return Promise.resolve(
        some.map(({ chat: { id } }) => changesOf(id, id === "chat 7" ? 9 : 1)),
      );
    },
    after(chatId: string) {
      alone.push(chatId);
      return Promise.resolve(changesOf(chatId));
    },
  } as unknown as ChangeFeed;
  const reader = new ChangeReader(feed, chats.map((chat) => ({ chat, after: 4 })));
  for (const chat of chats) {
    const { chatId } = await reader.of(chat, { rows: 8, bytes: 100_000 });
    assert.equal(chatId, chat.id);
  }
  assert.deepEqual([together, alone], [[50, 10], ["chat 7"]]);
});

Deno.test("CatchUp.sync counts the Commits of all chats against its limits of rows and bytes", async () => {
  assert.deepEqual(await syncOfCommits({}), [4, 4]);
  assert.deepEqual(await syncOfCommits({ syncRows: 6 }), [4, 2]);
  assert.deepEqual(await syncOfCommits({ syncRows: 4 }), [4, 0]);
  // A member row and a Commit have 500 bytes and a few more each.
  assert.deepEqual(await syncOfCommits({ syncBytes: 3_000 }), [4, 2]);
  assert.deepEqual(await syncOfCommits({ syncBytes: 2_000 }), [4, 0]);
});

/** A chat's state with this many members, which are not in the store. */
function aState(members: number) {
  const chat = aChat();
  const rows = new Map<string, Membership>();
  const member = aMember(chat.id);
  for (let i = 0; i < members; i++) rows.set(`${i}`, member);
  return { chat, members: rows };
}

Deno.test("ChatStateCache keeps the chats written to last, up to 100,000 memberships in all", async () => {
  const store = {
    chats: { byId: () => Promise.resolve(null) },
    memberships: {},
  } as unknown as Store;
  const cache = new ChatStateCache(store);
  const isCached = async ({ chat }: ReturnType<typeof aState>) =>
    (await cache.get(chat.id)).state !== null;
  const [a, b, c] = [aState(40_000), aState(40_000), aState(20_000)];
  // Setting a state again replaces it, and forgetting one that is not there changes nothing.
  for (let i = 0; i < 5; i++) {
    for (const state of [a, b, c]) cache.set(state);
    cache.forget("another");
  }
  assert.deepEqual(await Promise.all([a, b, c].map(isCached)), [true, true, true]);
  cache.set(b);
  const d = aState(1);
  cache.set(d);
  assert.deepEqual(await Promise.all([a, b, c, d].map(isCached)), [false, true, true, true]);
  cache.forget(b.chat.id);
  const e = aState(70_000);
  cache.set(e);
  assert.deepEqual(await Promise.all([b, c, d, e].map(isCached)), [false, true, true, true]);
  const huge = aState(200_000);
  cache.set(huge);
  assert.deepEqual(await Promise.all([c, d, e, huge].map(isCached)), [false, false, false, true]);
});
