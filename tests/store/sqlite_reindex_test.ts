import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Chat } from "../../src/model/chat.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { step as searchByBlocks } from "../../src/store/sqlite/steps/0012_search_by_blocks.ts";
import type { Store } from "../../src/store/store.ts";
import { aChange, aUser, sendTo, storedChat } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";
import { TempDir } from "../support/temp_dir.ts";

/**
 * Messages of a release whose index had other terms are found before, while and after they are
 * indexed.
 */
Deno.test("SqliteStore finds messages of earlier releases while it indexes them again", async () => {
  await using dir = await TempDir.make("reindex");
  const path = dir.join("store.db");
  const earlier = new SqliteStore(path);
  const { chat } = await storedChat(earlier, {});
  const texts = Array.from({ length: 500 }, (_, i) => `kite ${i} 🎉 東京都`);
  const { chat: sent, messages } = await sendTo(earlier, chat, texts);
  await earlier.users.create(aUser({ username: "ann", displayName: "Ann 🎈" }));
  await earlier.close();
  upgrade(path);
  const store = new SqliteStore(path);
  assert.ok(isWaiting(path));
  for (const query of ["kite", "🎉", "東京都", "kit"]) {
    assert.equal((await found(store, chat, query)).length, 500, query);
  }
  const edited = { ...messages[3], text: "a lark", rev: sent.rev + 1 };
  const head = { ...sent, rev: sent.rev + 1 };
  await store.chats.commit(aChange(sent.rev, head, { updated: [edited] }));
  await sendTo(store, head, ["kite at last"]);
  assert.equal((await found(store, chat, "kite")).length, 500);
  await eventually("all are indexed", () => !isWaiting(path));
  assert.equal((await found(store, chat, "kite")).length, 500);
  assert.deepEqual(await found(store, chat, "lark"), ["a lark"]);
  const people = await store.users.search({
    prefix: "🎈",
    hiddenFrom: null,
    after: null,
    limit: 9,
  });
  assert.deepEqual(people.users.map(({ username }) => username), ["ann"]);
  await store.close();
});

async function found(store: Store, chat: Chat, query: string): Promise<string[]> {
  const texts: string[] = [];
  for (let before: string | null = null;;) {
    const search = { chatIds: [chat.id], query, before, limit: 200 };
    const { messages, next } = await store.messages.search(search);
    texts.push(...messages.map(({ text }) => text));
    if (next === null) return texts;
    before = next;
  }
}

/** Effect of the step on a file that an earlier release has written. */
function upgrade(path: string): void {
  const file = new DatabaseSync(path);
  file.exec("DROP INDEX message_media_of_chat; DELETE FROM user_terms WHERE term = '🎈'");
  if (typeof searchByBlocks === "string") file.exec(searchByBlocks);
  else searchByBlocks(file);
  file.close();
}

function isWaiting(path: string): boolean {
  const file = new DatabaseSync(path, { readOnly: true });
  try {
    return file.prepare("SELECT 1 FROM meta WHERE key = 'reindexBelow'").get() !== undefined;
  } finally {
    file.close();
  }
}
