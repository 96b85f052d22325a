import assert from "node:assert/strict";
import { LeasedReads } from "../../../src/store/mongo/leased_reads.ts";

/** Reads of rows that count how often they were read, at times that the test sets. */
function countedReads(mayKeep: (row: string) => boolean = () => true) {
  const at = { monotonic: 1_000, wall: 5_000 };
  const counts = new Map<string, number>();
  const waits: number[] = [];
  const reads = new LeasedReads<string>({
    mayKeep,
    load: (id) => {
      counts.set(id, (counts.get(id) ?? 0) + 1);
      return Promise.resolve(`${id} ${counts.get(id)}`);
    },
    now: () => ({ ...at }),
    wait: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  });
  const pass = (monotonic: number, wall = monotonic) => {
    at.monotonic += monotonic;
    at.wall += wall;
  };
  return { reads, pass, waits };
}

Deno.test("LeasedReads reads a row once for look-ups within a moment", async () => {
  const { reads, pass } = countedReads();
  assert.equal(await reads.get("a"), "a 1");
  pass(10);
  assert.deepEqual([await reads.get("a"), await reads.get("b")], ["a 1", "b 1"]);
});

Deno.test("LeasedReads returns no row any more that it read before a change", async () => {
  const { reads, pass, waits } = countedReads();
  await reads.get("a");
  await reads.untilSeen();
  pass(waits[0]);
  assert.equal(await reads.get("a"), "a 2");
});

for (
  const { name, monotonic, wall } of [
    { name: "the machine was suspended", monotonic: 1, wall: 60_000 },
    { name: "the clock was set back", monotonic: 60_000, wall: 1 },
    { name: "the clock was set back further than the read", monotonic: 1, wall: -60_000 },
  ]
) {
  Deno.test(`LeasedReads reads again after ${name}`, async () => {
    const { reads, pass } = countedReads();
    await reads.get("a");
    pass(monotonic, wall);
    assert.equal(await reads.get("a"), "a 2");
  });
}

Deno.test("LeasedReads counts the age of a row from before it was read", async () => {
  let passed = 0;
  let count = 0;
  const reads = new LeasedReads<number>({
    mayKeep: () => true,
    load: () => {
      passed += 60_000;
      return Promise.resolve(++count);
    },
    now: () => ({ monotonic: passed, wall: passed }),
  });
  assert.deepEqual([await reads.get("a"), await reads.get("a")], [1, 2]);
});

Deno.test("LeasedReads reads again what may not be kept, and what was forgotten", async () => {
  const { reads } = countedReads((row) => row !== "a 1");
  assert.deepEqual([await reads.get("a"), await reads.get("a")], ["a 1", "a 2"]);
  reads.forget("a");
  assert.equal(await reads.get("a"), "a 3");
});

Deno.test("LeasedReads keeps a bounded number of rows", async () => {
  const { reads } = countedReads();
  for (let n = 0; n <= 10_000; n++) await reads.get(`row ${n}`);
  assert.equal(await reads.get("row 10000"), "row 10000 1");
  assert.equal(await reads.get("row 0"), "row 0 2");
});
