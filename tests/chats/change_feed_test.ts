import assert from "node:assert/strict";
import { ChangeFeed } from "../../src/chats/change_feed.ts";
import { ChatStateCache } from "../../src/chats/chat_state_cache.ts";
import { newId } from "../../src/core/ids.ts";
import type { Membership } from "../../src/model/membership.ts";
import type { Store } from "../../src/store/store.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { aChange, aChat, aMember, T0 } from "../contract/store/rows.ts";

/** An encrypted chat with this many Commits, and nothing else after its first revision. */
async function aChatOfCommits(store: Store, count: number): Promise<string> {
  const chat = aChat({ encrypted: true, epoch: 0 });
  await store.chats.commit(aChange(0, chat, {}));
  for (let epoch = 0; epoch < count; epoch++) {
    const rev = epoch + 2;
    const place = { chatId: chat.id, generation: 0, message: "AAEAAQ", createdAt: T0 };
    const handshake = { ...place, rev, epoch, senderId: newId(), clientId: newId() };
    const groupInfo = { chatId: chat.id, generation: 0, epoch: epoch + 1, groupInfo: "AAEAAQ" };
    const mls = { commits: [handshake], groupInfo, welcomes: [] };
    await store.chats.commit(aChange(rev - 1, { ...chat, rev, epoch: epoch + 1 }, { mls }));
  }
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
