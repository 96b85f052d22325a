import assert from "node:assert/strict";
import type { DeliveryChange } from "../../src/store/webhook_store.ts";
import { Settlements } from "../../src/webhooks/settlements.ts";
import { eventually } from "../support/eventually.ts";

function changes(...numbers: number[]): DeliveryChange[] {
  return numbers.map((n) => ({ position: n }) as unknown as DeliveryChange);
}

/** A store whose writes the test may let fail, with what was written in each. */
function world() {
  const state = { isBroken: false };
  const written: number[][] = [];
  const settlements = new Settlements({
    settle: (all) => {
      if (state.isBroken) return Promise.reject(new Error("the store is down"));
      written.push(all.map((change) => (change as unknown as { position: number }).position));
      return Promise.resolve();
    },
  });
  return { state, written, settlements };
}

Deno.test("Settlements writes what is added in one go, each once", async () => {
  const { written, settlements } = world();
  settlements.add(changes(1));
  settlements.add(changes(2, 3));
  await settlements.flush();
  await settlements.flush();
  assert.deepEqual(written, [[1, 2, 3]]);
  settlements.add(changes(4));
  await eventually("it is written without being asked", () => written.length === 2);
  assert.deepEqual(written[1], [4]);
});

Deno.test("Settlements writes a hundred changes at once", () => {
  const { written, settlements } = world();
  const all = Array.from({ length: 100 }, (_, n) => n);
  settlements.add(changes(...all.slice(1)));
  assert.deepEqual(written, []);
  settlements.add(changes(0));
  assert.deepEqual(written.map(({ length }) => length), [100]);
});

Deno.test("Settlements reports a failed write once, and goes on with the next", async () => {
  const { state, written, settlements } = world();
  state.isBroken = true;
  settlements.add(changes(1));
  await assert.rejects(settlements.flush(), /the store is down/);
  state.isBroken = false;
  await settlements.flush();
  settlements.add(changes(2));
  await settlements.flush();
  assert.deepEqual(written, [[2]]);
});

Deno.test("Settlements reports a failed write although a later one succeeds", async () => {
  const { state, written, settlements } = world();
  state.isBroken = true;
  settlements.add(changes(...Array.from({ length: 100 }, (_, n) => n)));
  state.isBroken = false;
  settlements.add(changes(200));
  await assert.rejects(settlements.flush(), /the store is down/);
  assert.deepEqual(written, [[200]]);
});
