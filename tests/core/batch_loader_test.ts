import assert from "node:assert/strict";
import { BatchLoader } from "../../src/core/batch_loader.ts";

/** A loader whose reads end when the test says so. */
class Reads {
  readonly keys: string[][] = [];
  readonly #ends: PromiseWithResolvers<Map<string, string>>[] = [];
  readonly loader = new BatchLoader<string | null>({
    maxKeys: 3,
    missing: () => null,
    atOnce: 1,
    read: (keys) => {
      this.keys.push(keys);
      const end = Promise.withResolvers<Map<string, string>>();
      this.#ends.push(end);
      return end.promise;
    },
  });

  async end(): Promise<void> {
    const known = this.keys.at(-1)!.filter((key) => key !== "nobody");
    this.#ends.at(-1)!.resolve(new Map(known.map((key) => [key, `value of ${key}`])));
    await settled();
  }

  async fail(): Promise<void> {
    this.#ends.at(-1)!.reject(new Error("no database"));
    await settled();
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("BatchLoader reads a lone key at once, and those that come meanwhile together", async () => {
  const reads = new Reads();
  const first = reads.loader.load("a");
  await settled();
  assert.deepEqual(reads.keys, [["a"]]);
  const others = ["b", "c", "b", "nobody", "d"].map((key) => reads.loader.load(key));
  await reads.end();
  assert.deepEqual(reads.keys, [["a"], ["b", "c", "nobody"]], "not more than maxKeys, once each");
  await reads.end();
  await reads.end();
  assert.equal(await first, "value of a");
  const values = ["value of b", "value of c", "value of b", null, "value of d"];
  assert.deepEqual(await Promise.all(others), values);
});

Deno.test("BatchLoader lets keys of one turn share a read that begins beside another", async () => {
  const keys: string[][] = [];
  const ends = Promise.withResolvers<Map<string, string>>();
  const loader = new BatchLoader<null>({
    maxKeys: 3,
    missing: () => null,
    read: (asked) => {
      keys.push(asked);
      return ends.promise.then(() => new Map());
    },
  });
  const loads = [loader.load("a")];
  await settled();
  for (const key of ["b", "c"]) {
    loads.push(loader.load(key));
    await Promise.resolve();
  }
  await settled();
  await settled();
  assert.deepEqual(keys, [["a"], ["b", "c"]]);
  ends.resolve(new Map());
  await Promise.all(loads);
});

Deno.test("BatchLoader gathers the keys of a turn if its last read had several", async () => {
  const reads = new Reads();
  const loads = ["a", "b"].map((key) => reads.loader.load(key));
  await settled();
  await reads.end();
  await settled();
  for (const key of ["c", "d"]) {
    loads.push(reads.loader.load(key));
    await Promise.resolve();
  }
  await settled();
  await settled();
  assert.deepEqual(reads.keys, [["a", "b"], ["c", "d"]]);
  await reads.end();
  await Promise.all(loads);
});

Deno.test("BatchLoader never answers a look-up by a read that began before it", async () => {
  const reads = new Reads();
  const before = reads.loader.load("a");
  await settled();
  const after = reads.loader.load("a");
  await reads.end();
  assert.deepEqual(reads.keys, [["a"], ["a"]]);
  await reads.end();
  assert.deepEqual(await Promise.all([before, after]), ["value of a", "value of a"]);
});

Deno.test("BatchLoader fails the look-ups of a read that fails, and no others", async () => {
  const reads = new Reads();
  const failing = assert.rejects(reads.loader.load("a"), /no database/);
  await settled();
  const later = reads.loader.load("b");
  await reads.fail();
  await reads.end();
  await failing;
  assert.equal(await later, "value of b");
});
