import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { idAt, timeOf } from "../../src/core/ids.ts";
import type { Chat } from "../../src/model/chat.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import type { Store } from "../../src/store/store.ts";
import { delay } from "../../src/core/delay.ts";
import { LiveTimers } from "../client/live_timers.ts";
import { aChange, aMessage, sendTo, storedChat } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";
import { TempDir } from "../support/temp_dir.ts";

/** The index lags behind writes: searches must not notice. */
function test(name: string, run: (store: Store, path: string) => Promise<void>): void {
  Deno.test(`SQLite's index backlog: ${name}`, async () => {
    await using dir = await TempDir.make("index_backlog");
    const path = dir.join("store.db");
    const store = new SqliteStore(path);
    await run(store, path);
    await store.close();
  });
}

async function found(store: Store, chat: Chat, query: string): Promise<string[]> {
  const search = { chatIds: [chat.id], query, before: null, limit: 2_000 };
  return (await store.messages.search(search)).messages.map(({ text }) => text);
}

const WAITING = `SELECT (SELECT count(*) FROM unindexed) + (SELECT count(*) FROM messages
  WHERE place > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'indexedTo')) AS n`;

/** Also proves that there is something to wait for. */
function waiting(path: string): number {
  const file = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(file.prepare(WAITING).get()!.n);
  } finally {
    file.close();
  }
}

test("a new message is found at once, through another connection too", async (store, path) => {
  const other = new SqliteStore(path);
  const { chat } = await storedChat(store, {});
  const { chat: next } = await sendTo(store, chat, ["a red kite"]);
  assert.deepEqual(await found(other, chat, "kite"), ["a red kite"]);
  await sendTo(store, next, ["a blue kite"]);
  assert.deepEqual(await found(store, chat, "kite"), ["a blue kite", "a red kite"]);
  await other.close();
});

test("more messages than one batch are found, each once", async (store, path) => {
  const { chat } = await storedChat(store, {});
  await sendTo(store, chat, Array.from({ length: 1_000 }, (_, i) => `kite number ${i}`));
  assert.equal(waiting(path), 1_000);
  const [one, other] = await Promise.all([found(store, chat, "kite"), found(store, chat, "kite")]);
  assert.equal(new Set(one).size, 1_000);
  assert.deepEqual(one, other);
});

test("indexed resolves once nothing waits for the index", async (store, path) => {
  const { chat } = await storedChat(store, {});
  await sendTo(store, chat, Array.from({ length: 600 }, (_, i) => `kite number ${i}`));
  assert.equal(waiting(path), 600);
  await store.messages.indexed();
  assert.equal(waiting(path), 0);
});

test("messages that are edited or deleted before indexing are found in their current state", async (store) => {
  const { chat } = await storedChat(store, {});
  const { chat: sent, messages } = await sendTo(store, chat, ["a red kite", "a blue kite", "kite"]);
  const [edited, deleted] = messages;
  const rev = sent.rev + 2;
  await store.chats.commit(aChange(sent.rev, { ...sent, rev }, {
    updated: [
      { ...edited, text: "a red lark", editedAt: 1, rev: rev - 1 },
      { ...deleted, text: "", deletedAt: 1, rev },
    ],
  }));
  assert.deepEqual(await found(store, chat, "kite"), ["kite"]);
  assert.deepEqual(await found(store, chat, "red"), ["a red lark"]);
});

test("a message committed with an id below those indexed is found", async (store, path) => {
  const { chat } = await storedChat(store, {});
  const { chat: next } = await sendTo(store, chat, ["a red kite"]);
  await store.messages.indexed();
  const rev = next.rev + 1;
  const late = aMessage(chat.id, rev, { id: idAt(Date.now() - 60_000, 1), text: "a late kite" });
  await store.chats.commit(aChange(next.rev, { ...next, rev, lastSeq: rev }, { inserted: [late] }));
  assert.equal(waiting(path), 1);
  assert.deepEqual(
    new Set(await found(store, chat, "kite")),
    new Set(["a red kite", "a late kite"]),
  );
  await store.messages.indexed();
  assert.equal(waiting(path), 0);
  assert.equal((await found(store, chat, "kite")).length, 2);
});

test(
  "messages in the index and not in it are found in one order, in pages",
  async (store, path) => {
    const { chat } = await storedChat(store, {});
    const { chat: half } = await sendTo(store, chat, ["kite 0", "lark", "kite 1", "kite 2"]);
    await store.messages.indexed();
    const { chat: other } = await storedChat(store, { messages: [{ text: "kite 3" }] });
    await sendTo(store, half, ["kite 4", "lark", "a kiteflyer"]);
    await storedChat(store, { messages: [{ text: "kite of others" }] });
    assert.equal(waiting(path), 5);
    const pages: string[][] = [];
    for (let before: string | null = null;;) {
      const search = { chatIds: [chat.id, other.id], query: "kite", before, limit: 2 };
      const { messages, next } = await store.messages.search(search);
      pages.push(messages.map(({ text }) => text));
      before = next;
      if (before === null) break;
    }
    assert.deepEqual(pages, [["a kiteflyer", "kite 4"], ["kite 3", "kite 2"], [
      "kite 1",
      "kite 0",
    ]]);
  },
);

test(
  "of more messages than a search reads, the newest are found after a wait",
  async (store, path) => {
    const { chat } = await storedChat(store, {});
    const texts = Array.from({ length: 1_500 }, (_, i) => `kite number ${i}`);
    await sendTo(store, chat, texts);
    assert.equal(waiting(path), 1_500);
    assert.deepEqual(await found(store, chat, "kite"), texts.toReversed());
    const left = waiting(path);
    assert.ok(left > 0 && left <= 1_024, `${left} messages wait`);
  },
);

test("many edited messages are found while they wait", async (store, path) => {
  const { chat } = await storedChat(store, {});
  const sent = await sendTo(store, chat, Array.from({ length: 200 }, (_, i) => `kite ${i}`));
  await store.messages.indexed();
  const rev = sent.chat.rev;
  const updated = sent.messages.map((message, i) => ({
    ...message,
    text: `lark ${i}`,
    editedAt: 1,
    rev: rev + 1 + i,
  }));
  await store.chats.commit(aChange(rev, { ...sent.chat, rev: rev + 200 }, { updated }));
  assert.equal(waiting(path), 200);
  assert.equal((await found(store, chat, "lark")).length, 200);
  assert.deepEqual(await found(store, chat, "kite"), []);
});

test(
  "messages committed and edited while earlier ones are indexed are found",
  async (store, path) => {
    const { chat } = await storedChat(store, {});
    const sent = await sendTo(store, chat, Array.from({ length: 100 }, (_, i) => `kite ${i}`));
    const indexed = store.messages.indexed();
    // Each below the last place that is about to be indexed.
    const rev = sent.chat.rev + 2;
    const early = { id: idAt(timeOf(sent.messages[0].id) - 1, 1), text: "an early kite" };
    await store.chats.commit(aChange(sent.chat.rev, { ...sent.chat, rev, lastSeq: rev }, {
      inserted: [aMessage(chat.id, rev, early)],
      updated: [{ ...sent.messages[99], text: "a lark", editedAt: 1, rev: rev - 1 }],
    }));
    await indexed;
    assert.deepEqual(await found(store, chat, "early"), ["an early kite"]);
    assert.deepEqual(await found(store, chat, "lark"), ["a lark"]);
    assert.equal((await found(store, chat, "kite")).length, 100);
    assert.equal(waiting(path), 0);
  },
);

test("the backlog is indexed without a search, too", async (store, path) => {
  const { chat } = await storedChat(store, {});
  await sendTo(store, chat, Array.from({ length: 600 }, (_, i) => `kite number ${i}`));
  await eventually("all is indexed", () => waiting(path) === 0);
  assert.equal((await found(store, chat, "kite")).length, 600);
});

test(
  "a backlog that takes long to reach the disk is indexed without a search, too",
  async (store, path) => {
    const { chat } = await storedChat(store, {});
    const { syncData } = Deno.FsFile.prototype;
    const disk = Promise.withResolvers<void>();
    Deno.FsFile.prototype.syncData = async function () {
      await disk.promise;
      await syncData.call(this);
    };
    try {
      const sending = sendTo(store, chat, Array.from({ length: 200 }, (_, i) => `kite ${i}`));
      // Time for several rounds, which see nothing.
      for (let turn = 0; turn < 50; turn++) await delay(2);
      assert.equal(waiting(path), 200);
      disk.resolve();
      await sending;
      await eventually("all is indexed", () => waiting(path) === 0);
    } finally {
      disk.resolve();
      Deno.FsFile.prototype.syncData = syncData;
    }
  },
);

test(
  "the backlog of a closed store is found by the next process that opens it",
  async (store, path) => {
    const { chat } = await storedChat(store, {});
    {
      // The round that would index it does not come before the store is closed.
      using timers = new LiveTimers();
      await sendTo(store, chat, ["a red kite"]);
      assert.equal(timers.count, 1);
    }
    await store.close();
    assert.equal(waiting(path), 1);
    const next = new SqliteStore(path);
    assert.deepEqual(await found(next, chat, "kite"), ["a red kite"]);
    await eventually("it is indexed without a further message", () => waiting(path) === 0);
    await next.close();
  },
);
