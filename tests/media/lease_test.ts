import assert from "node:assert/strict";
import { Leases } from "../../src/media/lease.ts";
import { T0 } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";

/** A lease that records who took it until when; `isFree` is what a call for it returns. */
function leaseStore() {
  const taken: { holder: string; until: number }[] = [];
  const released: string[] = [];
  const state = { isFree: true, failures: 0 };
  const store = {
    take(_name: string, holder: string, _now: number, until: number) {
      if (state.failures-- > 0) return Promise.reject(new Error("out of order"));
      if (state.isFree) taken.push({ holder, until });
      return Promise.resolve(state.isFree);
    },
    release: (_name: string, holder: string) => Promise.resolve(void released.push(holder)),
  };
  return { store, taken, released, state };
}

Deno.test("Leases renews a lease while its work lasts, also after a renewal failed, and releases it", async () => {
  const { store, taken, released, state } = leaseStore();
  let now = T0;
  const leases = new Leases(store, { now: () => now }, 1);
  const done = await leases.hold("sweep", async () => {
    now = T0 + 25_000;
    state.failures = 1;
    await eventually("it is renewed", () => taken.some(({ until }) => until === now + 30_000));
    return "result";
  });
  assert.deepEqual(done, { value: "result" });
  assert.equal(taken[0].until, T0 + 30_000);
  assert.equal(new Set(taken.map(({ holder }) => holder)).size, 1, "by one holder");
  assert.deepEqual(released, [taken[0].holder]);
  const before = taken.length;
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(taken.length, before, "and no longer");
});

Deno.test("Leases does not begin work whose lease another holder has, and releases one whose work failed", async () => {
  const { store, taken, released, state } = leaseStore();
  const leases = new Leases(store, { now: () => T0 }, 1);
  state.isFree = false;
  const refused = await leases.hold("sweep", () => assert.fail("it has begun"));
  assert.deepEqual([refused, released], [null, []]);
  state.isFree = true;
  await assert.rejects(leases.hold("sweep", () => Promise.reject(new Error("fails"))), /fails/);
  assert.deepEqual(released, [taken[0].holder]);
});
