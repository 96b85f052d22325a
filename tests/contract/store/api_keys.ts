import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import { duplicateOf } from "./duplicates.ts";
import { anApiKey, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function apiKeyContract(test: ContractTest): void {
  test("a key is returned as stored; a missing one is null", async (store) => {
    const key = anApiKey({ createdBy: newId(), expiresAt: T0 + 1, lastUsedAt: T0 });
    await store.apiKeys.create(key, Infinity);
    assert.deepEqual(await store.apiKeys.byId(key.id), key);
    assert.equal(await store.apiKeys.byId(newId()), null);
    await assert.rejects(store.apiKeys.create(key, Infinity), duplicateOf("id"));
  });

  test("list is newest first, in pages, and with ended and expired keys", async (store) => {
    const keys = [anApiKey({ endedAt: T0 }), anApiKey({ expiresAt: T0 }), anApiKey()];
    for (const key of keys) await store.apiKeys.create(key, Infinity);
    const ids = async (before: string | null, limit: number) =>
      (await store.apiKeys.list({ before, limit })).map(({ id }) =>
        keys.findIndex((key) => key.id === id)
      );
    assert.deepEqual(await ids(null, 10), [2, 1, 0]);
    assert.deepEqual(await ids(null, 2), [2, 1]);
    assert.deepEqual(await ids(keys[1].id, 2), [0]);
    assert.equal(await store.apiKeys.countActive(T0 - 1), 2);
    assert.equal(await store.apiKeys.countActive(T0), 1);
  });

  test("a rotation keeps the secret before it, and refuses what is not active", async (store) => {
    const key = anApiKey({ expiresAt: T0 + 10 }), over = anApiKey({ endedAt: T0 });
    await store.apiKeys.create(key, Infinity);
    await store.apiKeys.create(over, Infinity);
    const rotate = (id: string, secretHash: string, now: number) =>
      store.apiKeys.rotate({ id, secretHash, previousUntil: now + 5, now });
    const first = { ...key, secretHash: "b", previousHash: key.secretHash, previousUntil: T0 + 5 };
    assert.deepEqual(await rotate(key.id, "b", T0), first);
    const second = { ...first, secretHash: "c", previousHash: "b", previousUntil: T0 + 6 };
    assert.deepEqual(await rotate(key.id, "c", T0 + 1), second);
    assert.equal(await rotate(key.id, "d", T0 + 10), null);
    assert.equal(await rotate(over.id, "d", T0), null);
    assert.equal(await rotate(newId(), "d", T0), null);
    assert.deepEqual(await store.apiKeys.byId(key.id), second);
    assert.deepEqual(await store.apiKeys.byId(over.id), over);
  });

  test(
    "concurrent rotations keep a chain: no secret is both current and lost",
    async (store, { second }) => {
      const key = anApiKey(), other = await second();
      await store.apiKeys.create(key, Infinity);
      const hashes = ["b", "c", "d", "e"];
      const results = await Promise.all(
        hashes.map((secretHash, i) =>
          [store, other][i % 2].apiKeys.rotate({
            id: key.id,
            secretHash,
            previousUntil: T0 + 5,
            now: T0,
          })
        ),
      );
      const previous = new Set(results.map((row) => row!.previousHash));
      assert.equal(previous.size, 4, "each rotation replaced another secret");
      const stored = await store.apiKeys.byId(key.id);
      assert.ok(hashes.includes(stored!.secretHash));
    },
  );

  test("ending twice keeps the first time; a missing key is null", async (store) => {
    const key = anApiKey();
    await store.apiKeys.create(key, Infinity);
    const ended = { ...key, endedAt: T0 + 1 };
    assert.deepEqual(await store.apiKeys.end(key.id, T0 + 1), ended);
    assert.deepEqual(await store.apiKeys.end(key.id, T0 + 2), ended);
    assert.equal(await store.apiKeys.end(newId(), T0), null);
  });

  test("the last use only moves forward", async (store) => {
    const [a, b] = [anApiKey(), anApiKey()];
    for (const key of [a, b]) await store.apiKeys.create(key, Infinity);
    await store.apiKeys.used([]);
    await store.apiKeys.used([
      { id: a.id, at: T0 + 5, address: "192.0.2.5" },
      { id: b.id, at: T0 + 6, address: "192.0.2.6" },
      { id: newId(), at: T0, address: "192.0.2.7" },
    ]);
    await store.apiKeys.used([{ id: a.id, at: T0 + 4, address: "192.0.2.8" }]);
    const last = async (id: string) => {
      const key = await store.apiKeys.byId(id);
      return [key!.lastUsedAt, key!.lastAddress];
    };
    assert.deepEqual(await last(a.id), [T0 + 5, "192.0.2.5"]);
    assert.deepEqual(await last(b.id), [T0 + 6, "192.0.2.6"]);
  });
}
