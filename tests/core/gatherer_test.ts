import assert from "node:assert/strict";
import { Slots } from "../../src/core/concurrency.ts";
import { Gatherer } from "../../src/core/gatherer.ts";

Deno.test("Gatherer runs the first item at once, and those that come meanwhile together", async () => {
  const batches: number[][] = [];
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const gatherer = new Gatherer<number, number>(async (items) => {
    batches.push(items);
    await gates[batches.length - 1]?.promise;
    return items.map((item) => item * 10);
  }, 3);
  const results = [1, 2, 3, 4, 5].map((item) => gatherer.add(item));
  assert.deepEqual(batches, [[1]]);
  gates[0].resolve();
  assert.equal(await results[0], 10);
  gates[1].resolve();
  assert.deepEqual(await Promise.all(results), [10, 20, 30, 40, 50]);
  assert.deepEqual(batches, [[1], [2, 3, 4], [5]]);
});

Deno.test("Gatherer rejects the items of a failed batch, and runs the next", async () => {
  let runs = 0;
  const gatherer = new Gatherer<number, number>((items) => {
    if (++runs === 1) throw new Error("failed");
    return Promise.resolve(items);
  });
  const [first, second] = [gatherer.add(1), gatherer.add(2)];
  await assert.rejects(first, /failed/);
  assert.equal(await second, 2);
  assert.equal(await gatherer.add(3), 3, "a new item begins a run again");
});

Deno.test("Slots runs at most so many at a time, in order, also after a failure", async () => {
  const slots = new Slots(2);
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const runs = gates.map(({ promise }, i) =>
    slots.run(async () => {
      begun.push(i);
      await promise;
    })
  );
  await Promise.resolve();
  assert.deepEqual(begun, [0, 1]);
  gates[1].reject(new Error("failed"));
  await assert.rejects(runs[1], /failed/);
  for (const gate of [gates[0], gates[2], gates[3]]) gate.resolve();
  await Promise.all([runs[0], runs[2], runs[3]]);
  assert.deepEqual(begun, [0, 1, 2, 3]);
});

Deno.test("Gatherer awaits what it was given before each batch", async () => {
  const waits: (() => void)[] = [];
  const batches: number[][] = [];
  const run = (items: number[]) => {
    batches.push(items);
    return Promise.resolve(items);
  };
  const before = () => new Promise<void>((resolve) => waits.push(resolve));
  const gatherer = new Gatherer<number, number>(run, 200, before);
  const first = [1, 2].map((item) => gatherer.add(item));
  waits[0]();
  assert.deepEqual(await Promise.all(first), [1, 2]);
  const third = gatherer.add(3);
  waits[1]();
  assert.equal(await third, 3);
  assert.deepEqual(batches, [[1, 2], [3]]);
});
