import assert from "node:assert/strict";
import { MongoClient } from "mongodb";
import { idsOf, newId } from "../../../src/core/ids.ts";
import type { OutboxEntry } from "../../../src/model/outbox_entry.ts";
import { openMongoStore } from "../../../src/store/mongo/mongo_store.ts";
import { OutboxPacks, packable } from "../../../src/store/mongo/outbox_packs.ts";
import { MongoRowPort } from "../../../src/store/mongo/row_port.ts";
import { aChange, anOutboxEntry, storedChat, T0 } from "../../contract/store/rows.ts";
import { sharedMongodb } from "../../support/mongodb_server.ts";

const mongodb = sharedMongodb();
const COMMITS = 9;

Deno.test({
  name: "Commits that share a transaction share an outbox document, deleted with its last entry",
  ignore: mongodb.missing,
  async fn() {
    await using used = await committedAtOnce();
    const { store, outbox, entries } = used;
    // The first of those that come at once has its own transaction.
    assert.equal(await outbox.countDocuments(), 2);
    await store.outbox.settle(idsOf(entries.slice(0, 5)), []);
    assert.equal(await outbox.countDocuments(), 1);
    const [{ entries: left }] = await outbox.find().toArray();
    assert.deepEqual(idsOf(left).toSorted(), idsOf(entries.slice(5)).toSorted());
    await store.outbox.settle(idsOf(entries.slice(5)), []);
    assert.equal(await outbox.countDocuments(), 0);
  },
});

Deno.test({
  name: "Instances of earlier releases claim no outbox document of several entries",
  ignore: mongodb.missing,
  async fn() {
    await using used = await committedAtOnce();
    const claimable = await used.outbox.find({ dueAt: { $lte: T0 } }).toArray();
    assert.equal(claimable.length, 1);
    assert.equal(claimable[0].entries, undefined);
  },
});

Deno.test({
  name: "An emptied outbox document is deleted when it is due",
  ignore: mongodb.missing,
  async fn() {
    await using used = await committedAtOnce();
    const other = await openMongoStore({ uri: used.uri });
    try {
      await other.outbox.settle(idsOf(used.entries), []);
      assert.deepEqual((await used.outbox.find().toArray()).map(({ entries }) => entries), [[]]);
      assert.deepEqual(await other.outbox.claim(T0, T0 + 9, 9), []);
      assert.equal(await used.outbox.countDocuments(), 0);
    } finally {
      await other.close();
    }
  },
});

Deno.test({
  name: "Copying MongoDB reads the entries of shared outbox documents",
  ignore: mongodb.missing,
  async fn() {
    await using used = await committedAtOnce();
    const port = new MongoRowPort(used.db);
    const { rows, next } = await port.page("outbox", null, 100);
    assert.equal(next, null);
    const byId = (a: { id?: unknown }, b: { id?: unknown }) => String(a.id) < String(b.id) ? -1 : 1;
    assert.deepEqual(rows.toSorted(byId), used.entries.toSorted(byId));
  },
});

Deno.test("Outbox entries share a document if they are small and due at nearly the same time", () => {
  const [first, second] = [anOutboxEntry(), anOutboxEntry({ dueAt: T0 + 1_000 })];
  const late = anOutboxEntry({ dueAt: T0 + 1_001 });
  const mentions = Array.from({ length: 100 }, () => newId());
  const message = { messageId: newId(), seq: 2, senderId: newId(), replyTo: null };
  const large = anOutboxEntry({ occurrences: [{ type: "message", ...message, mentions }] });
  const all = [late, first, large, second];
  assert.deepEqual(packable(all), { together: [first, second], alone: [late, large] });
  assert.deepEqual(packable([first, large]), { together: [], alone: [first, large] });
  assert.deepEqual(packable([]), { together: [], alone: [] });
});

Deno.test("OutboxPacks remembers a bounded number of entries, the latest", () => {
  const packs = new OutboxPacks(4);
  const [first, second, third] = Array.from(
    { length: 3 },
    () => [anOutboxEntry(), anOutboxEntry()],
  );
  const ids = [first, second, third].map((entries) => packs.add(entries)._id);
  const all = idsOf([...first, ...second, ...third]);
  assert.deepEqual(packs.holding(all), { alone: idsOf(first), packs: ids.slice(1) });
  packs.forget([second[0].id]);
  const left = packs.without([second[1].id, third[0].id]);
  const parts = { packs: [ids[2]], entries: [third[0].id] };
  assert.deepEqual(left, { alone: [], whole: [ids[1]], parts });
});

/** Commits to several chats at once, each with an outbox entry. */
async function committedAtOnce() {
  const uri = mongodb.uri();
  const store = await openMongoStore({ uri });
  const client = await new MongoClient(uri).connect();
  const chats = await Promise.all(Array.from({ length: COMMITS }, () => storedChat(store, {})));
  const entries = chats.map(({ chat }) => anOutboxEntry({ chatId: chat.id }));
  await Promise.all(chats.map(({ chat }, n) => {
    return store.chats.commit(aChange(1, { ...chat, rev: 2 }, { outbox: entries[n] }));
  }));
  const db = client.db();
  return {
    uri,
    store,
    db,
    entries,
    outbox: db.collection<{ entries: OutboxEntry[] }>("outbox"),
    async [Symbol.asyncDispose]() {
      await client.close();
      await store.close();
    },
  };
}
