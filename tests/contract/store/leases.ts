import assert from "node:assert/strict";
import { T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function leaseContract(test: ContractTest): void {
  test("a lease has one holder, who may renew it, until it expires or is released", async (store) => {
    const { leases } = store;
    assert.equal(await leases.take("work", "a", T0, T0 + 10), true);
    assert.equal(await leases.take("work", "b", T0 + 9, T0 + 99), false);
    assert.equal(await leases.take("other", "b", T0, T0 + 10), true);
    assert.equal(await leases.take("work", "a", T0 + 9, T0 + 20), true);
    assert.equal(await leases.take("work", "b", T0 + 19, T0 + 99), false);
    assert.equal(await leases.take("work", "b", T0 + 20, T0 + 30), true);
    await leases.release("work", "a");
    assert.equal(await leases.take("work", "a", T0 + 21, T0 + 99), false);
    await leases.release("work", "b");
    assert.equal(await leases.take("work", "a", T0 + 21, T0 + 99), true);
  });

  test("of many concurrent callers, one gets a lease", async (store, opened) => {
    const other = await opened.second();
    const reach = (i: number) => (i % 2 ? store : other).leases.take("hot", `${i}`, T0, T0 + 9);
    const got = await Promise.all(Array.from({ length: 20 }, (_, i) => reach(i)));
    assert.equal(got.filter(Boolean).length, 1);
  });

  test("expired leases are purged", async (store) => {
    await store.leases.take("old", "a", T0, T0 + 10);
    await store.leases.take("new", "a", T0, T0 + 20);
    assert.equal(await store.leases.purge(T0 + 20), 1);
    assert.equal(await store.leases.purge(T0 + 20), 0);
    assert.equal(await store.leases.take("new", "b", T0 + 19, T0 + 99), false);
  });
}
