import assert from "node:assert/strict";
import { idsOf, newId } from "../../../src/core/ids.ts";
import type { OutboxEntry } from "../../../src/model/outbox_entry.ts";
import type { Store } from "../../../src/store/store.ts";
import { aChange, anOutboxEntry, storedChat, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function outboxContract(test: ContractTest): void {
  test("entries are claimed when due, in order, and are due again later", async (store) => {
    const late = anOutboxEntry({ dueAt: T0 + 2, chatId: null }), early = anOutboxEntry();
    const retry = anOutboxEntry({ dueAt: T0 + 9, deviceIds: [newId()], attempts: 3 });
    assert.equal(await store.outbox.firstDue(T0 + 9), null);
    for (const entry of [late, early, retry]) await store.outbox.add(entry);
    assert.equal(await store.outbox.firstDue(T0 + 9), early.dueAt);
    await assert.rejects(store.outbox.add(late), { name: "DuplicateKey", key: "id" });
    const held = (entry: typeof late, dueAt: number) => ({ ...entry, dueAt });
    assert.deepEqual(await store.outbox.claim(T0 + 2, T0 + 5, 1), [held(early, T0 + 5)]);
    assert.equal(await store.outbox.firstDue(T0 + 2), late.dueAt);
    assert.equal(await store.outbox.firstDue(T0 + 1), null);
    assert.deepEqual(await store.outbox.claim(T0 + 2, T0 + 6, 9), [held(late, T0 + 6)]);
    assert.deepEqual(await store.outbox.claim(T0 + 2, T0 + 5, 9), []);
    await store.outbox.extend([early.id, newId()], T0 + 8);
    assert.deepEqual(await store.outbox.claim(T0 + 7, T0 + 20, 9), [held(late, T0 + 20)]);
    assert.deepEqual(await store.outbox.claim(T0 + 9, T0 + 21, 9), [
      held(early, T0 + 21),
      held(retry, T0 + 21),
    ]);
  });

  test("settling deletes done entries and adds retries", async (store) => {
    const [done, other, retry] = [
      anOutboxEntry(),
      anOutboxEntry(),
      anOutboxEntry({ dueAt: T0 + 1 }),
    ];
    await store.outbox.add(done);
    await store.outbox.add(other);
    await store.outbox.settle([done.id, newId()], [retry]);
    const ids = (await store.outbox.claim(T0 + 1, T0 + 9, 9)).map((entry) => entry.id);
    assert.deepEqual(ids, [other.id, retry.id]);
    await store.outbox.settle(ids, []);
    assert.deepEqual(await store.outbox.claim(T0 + 99, T0 + 100, 9), []);
  });

  test("settling that fails deletes and adds nothing", async (store) => {
    const [done, there, retry] = [1, 2, 3].map(() => anOutboxEntry());
    await store.outbox.add(done);
    await store.outbox.add(there);
    await assert.rejects(store.outbox.settle([done.id], [retry, { ...there, attempts: 1 }]));
    const left = await store.outbox.claim(T0, T0 + 9, 9);
    assert.deepEqual(new Set(left.map(({ id }) => id)), new Set([done.id, there.id]));
    assert.equal(left.find(({ id }) => id === there.id)!.attempts, there.attempts);
  });

  test("two instances never claim the same entry", async (store, opened) => {
    const other = await opened.second();
    for (let i = 0; i < 20; i++) await store.outbox.add(anOutboxEntry());
    const taken = await Promise.all(
      Array.from({ length: 6 }, (_, i) => (i % 2 ? store : other).outbox.claim(T0, T0 + 9, 5)),
    );
    const ids = taken.flat().map((entry) => entry.id);
    assert.equal(ids.length, 20);
    assert.equal(new Set(ids).size, 20);
  });

  test("a commit's entry exists exactly if the commit does", async (store) => {
    const { chat } = await storedChat(store, {});
    const stale = anOutboxEntry(), entry = anOutboxEntry({ chatId: chat.id });
    const next = { ...chat, rev: 2 };
    assert.equal(await store.chats.commit(aChange(9, next, { outbox: stale })), "stale");
    assert.equal(await store.chats.commit(aChange(1, next, { outbox: entry })), "committed");
    const taken = await store.outbox.claim(T0, T0 + 1, 9);
    assert.deepEqual(taken, [{ ...entry, dueAt: T0 + 1 }]);
  });

  test("entries of commits at once are settled one by one", async (store, opened) => {
    const other = await opened.second();
    const entries = await committedAtOnce(store, 7);
    const [first, second, third, fourth, ...others] = idsOf(entries);
    const retry = anOutboxEntry({ dueAt: T0 + 50 });
    await store.outbox.settle([first], []);
    await store.outbox.settle([second], [retry]);
    await other.outbox.settle([third], []);
    assert.equal(await other.outbox.firstDue(T0), T0);
    const taken = await other.outbox.claim(T0, T0 + 9, 9);
    assert.deepEqual(new Set(idsOf(taken)), new Set([fourth, ...others]));
    const held = entries.filter(({ id }) => id === fourth).map((each) => ({
      ...each,
      dueAt: T0 + 9,
    }));
    assert.deepEqual(taken.filter(({ id }) => id === fourth), held);
    await store.outbox.settle([fourth], []);
    await other.outbox.settle(others, []);
    assert.deepEqual(idsOf(await store.outbox.claim(T0 + 99, T0 + 100, 9)), [retry.id]);
  });

  test(
    "entries of commits at once are claimed within the limit, once each",
    async (store, opened) => {
      const other = await opened.second();
      const all = idsOf(await committedAtOnce(store, 7));
      const taken = idsOf(await other.outbox.claim(T0, T0 + 9, 3));
      assert.equal(taken.length, 3);
      taken.push(...idsOf(await store.outbox.claim(T0, T0 + 9, 9)));
      assert.deepEqual(taken.toSorted(), all.toSorted());
      assert.equal(await store.outbox.firstDue(T0), null);
      assert.equal((await store.outbox.claim(T0 + 9, T0 + 20, 9)).length, 7);
    },
  );

  test("entries of commits at once are due after their extended lease", async (store, opened) => {
    const other = await opened.second();
    const all = idsOf(await committedAtOnce(store, 7));
    await store.outbox.extend(all, T0 + 5);
    assert.deepEqual(await other.outbox.claim(T0 + 4, T0 + 9, 9), []);
    assert.equal(await other.outbox.firstDue(T0 + 5), T0 + 5);
    const taken = await other.outbox.claim(T0 + 5, T0 + 9, 9);
    assert.deepEqual(idsOf(taken).toSorted(), all.toSorted());
  });
}

/** Returns the entries of that many commits, each to a separate chat. */
async function committedAtOnce(store: Store, count: number): Promise<OutboxEntry[]> {
  const chats = await Promise.all(Array.from({ length: count }, () => storedChat(store, {})));
  const entries = chats.map(({ chat }) => anOutboxEntry({ chatId: chat.id }));
  const outcomes = await Promise.all(chats.map(({ chat }, n) => {
    return store.chats.commit(aChange(1, { ...chat, rev: 2 }, { outbox: entries[n] }));
  }));
  assert.ok(outcomes.every((outcome) => outcome === "committed"));
  return entries;
}
