import assert from "node:assert/strict";
import { CommitRepair, type CommitRepairOptions } from "../../src/chats/commit_repair.ts";
import { silentLog } from "../../src/core/log.ts";
import { eventually } from "../support/eventually.ts";
import { withHeldMaps } from "../support/held_maps.ts";

/** Heads in a database that can be made unreachable. */
class Heads {
  readonly revs = new Map<string, number>();
  readonly announced: [string, number, number][] = [];
  isAway = false;
  queries = 0;
  /** Called after each query. */
  onAnswered = () => {};
  readonly repair = new CommitRepair({
    store: { chats: { byIds: (ids: string[]) => this.#read(ids) } } as CommitRepairOptions["store"],
    log: silentLog,
    onHead: (...head) => this.announced.push(head),
    pauseMs: 1,
    maxPauseMs: 4,
    recheckMs: 1,
  });

  #read(ids: string[]) {
    this.queries++;
    if (this.isAway) return Promise.reject(new Error("away"));
    const answer = ids.map((id) => ({ id, rev: this.revs.get(id) ?? 0 }));
    this.onAnswered();
    return Promise.resolve(answer);
  }
}

Deno.test("CommitRepair retries until the database responds, and announces what was committed", async () => {
  const heads = new Heads();
  heads.isAway = true;
  heads.revs.set("a", 5).set("b", 7);
  heads.repair.check("a", 4);
  heads.repair.check("b", 7);
  await eventually("it has retried", () => heads.queries >= 3);
  assert.deepEqual(heads.announced, []);
  heads.isAway = false;
  await eventually("it is announced", () => heads.announced.length === 1);
  assert.deepEqual(heads.announced, [["a", 5, 4]]);
  await heads.repair.close();
});

Deno.test("CommitRepair asks once more for a commit that may still be under way", async () => {
  const heads = new Heads();
  heads.revs.set("a", 4);
  heads.onAnswered = () => heads.revs.set("a", 5);
  heads.repair.check("a", 4);
  await eventually("it is announced", () => heads.announced.length === 1);
  assert.deepEqual([heads.announced, heads.queries], [[["a", 5, 4]], 2]);
  await heads.repair.close();
});

Deno.test("CommitRepair announces from the lowest uncertain head, once for several commits", async () => {
  const heads = new Heads();
  heads.isAway = true;
  for (const after of [6, 4, 5]) heads.repair.check("a", after);
  heads.revs.set("a", 7);
  heads.isAway = false;
  await eventually("it is announced", () => heads.announced.length > 0);
  assert.deepEqual(heads.announced, [["a", 7, 4]]);
  await heads.repair.close();
});

Deno.test("CommitRepair holds nothing of commits whose result is known", async () => {
  const { made: heads, held } = withHeldMaps(() => new Heads());
  heads.repair.check("a", 4);
  heads.repair.check("b", 7);
  assert.deepEqual(held(), [2]);
  await eventually("nothing is held", () => held().length === 0);
  await heads.repair.close();
});
