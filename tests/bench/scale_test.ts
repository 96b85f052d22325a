import assert from "node:assert/strict";
import { coreRows } from "./cores.ts";
import { eveningRows } from "./evening.ts";
import { readRows } from "./reads.ts";
import { socketRows } from "./sockets.ts";

/** The last reads of the load's sockets end after their close. */
const open = { sanitizeOps: false, sanitizeResources: false };

Deno.test("the bench of an evening loses no delivery, at any of its rates", open, async () => {
  const rows = await eveningRows({
    people: 30,
    directs: 40,
    smallGroups: 2,
    largeGroup: 20,
    rates: [50, 100],
    maxP99Ms: Infinity,
    seconds: 0.5,
    pinned: false,
  });
  assert.equal(rows.length, 3);
  for (const row of rows) assert.equal(row.missing, 0, JSON.stringify(row));
});

Deno.test("the bench of sockets brings everybody back after a restart", open, async () => {
  const rows = await socketRows({ people: 40, idleSeconds: 0.1, pinned: false });
  assert.deepEqual(rows.map(({ sockets }) => sockets), [40, 36, 40]);
});

Deno.test("the bench of reads asks for each kind, with sends and without", open, async () => {
  const rows = await readRows({ chats: 6, rate: 50, seconds: 0.4, pinned: false });
  const kinds = ["history", "inbox", "sync", "search", "profile"];
  assert.deepEqual(rows.map(({ read }) => read), [...kinds, ...kinds, ...kinds]);
  for (const { count } of rows) assert.ok(Number(count) > 0);
});

Deno.test(
  "the bench of cores loses no delivery between the threads of a server",
  open,
  async () => {
    const rows = await coreRows({ people: 20, directs: 20, rate: 40, seconds: 0.5, rounds: 1 });
    assert.deepEqual(rows.map(({ threads, missing }) => [threads, missing]), [[1, 0], [2, 0], [
      2,
      0,
    ]]);
  },
);
