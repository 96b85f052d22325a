import assert from "node:assert/strict";
import { skipWithout } from "../support/skip.ts";
import { growthRows } from "./growth.ts";
import { mongodbRows } from "./mongodb.ts";

const ignore = skipWithout("mongodb");

Deno.test({
  name: "the bench of growth asks for each kind, on both stores",
  ignore,
  fn: async () => {
    const { requests, disk } = await growthRows({ sizes: [1_000, 2_000], rounds: 1, warmUp: 0 });
    const names = Map.groupBy(requests, ({ Request }) => Request);
    for (const [name, rows] of names) {
      assert.deepEqual(rows.map(({ Store }) => Store), ["SQLite", "MongoDB"], String(name));
      for (const row of rows) assert.ok(Number(row["at 2,000"]) > 0, JSON.stringify(row));
    }
    assert.ok(names.size >= 12);
    assert.deepEqual(disk.map(({ Store }) => Store), ["SQLite", "MongoDB"]);
    for (const row of disk) assert.ok(Number(row["Bytes a message"]) > 0, JSON.stringify(row));
  },
});

Deno.test({
  name: "the bench of sends on MongoDB sends in each way",
  ignore,
  fn: async () => {
    const rows = await mongodbRows({ rounds: 1, share: 0.02, beside: false });
    assert.equal(rows.length, 3);
    for (const row of rows) assert.ok(Number(row["sends/s"]) > 0, JSON.stringify(row));
  },
});
