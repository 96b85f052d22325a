import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import { T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function settingContract(test: ContractTest): void {
  test("a document is replaced as a whole, listed by id and removed", async (store) => {
    const setting = { id: "b", value: { words: ["kite"] }, updatedBy: newId(), updatedAt: T0 };
    assert.equal(await store.settings.byId("b"), null);
    await store.settings.put({ ...setting, value: { links: true } });
    await store.settings.put(setting);
    await store.settings.put({ ...setting, id: "a" });
    assert.deepEqual(await store.settings.byId("b"), setting);
    assert.deepEqual((await store.settings.list()).map(({ id }) => id), ["a", "b"]);
    assert.equal(await store.settings.remove("b"), true);
    assert.equal(await store.settings.remove("b"), false);
    assert.deepEqual((await store.settings.list()).map(({ id }) => id), ["a"]);
  });

  test("a document is replaced only as it was read", async (store) => {
    const read = { id: "a", value: { links: true }, updatedBy: newId(), updatedAt: T0 };
    await store.settings.put(read);
    const resealed = { ...read, value: { links: false } };
    assert.equal(await store.settings.replace(read, resealed), true);
    assert.deepEqual(await store.settings.byId("a"), resealed);
    const later = { ...read, updatedAt: T0 + 1 };
    await store.settings.put(later);
    assert.equal(await store.settings.replace(read, resealed), false);
    assert.deepEqual(await store.settings.byId("a"), later);
    assert.equal(await store.settings.replace({ ...read, id: "b" }, { ...read, id: "b" }), false);
    assert.deepEqual(await store.settings.list(), [later]);
  });
}
