import assert from "node:assert/strict";
import { silentLog } from "../../src/core/log.ts";
import {
  type InstanceRow,
  Instances,
  type InstanceTable,
} from "../../src/cluster/shared/instances.ts";

/** The rows of other instances, set by the test; each refresh finds them changed. */
function watched(rows: Map<string, InstanceRow>) {
  let version = 0;
  const table = {
    list: () =>
      Promise.resolve([...rows.values()].map((row) => ({ ...row, version: `${version++}` }))),
    write: () => Promise.resolve("own"),
    replace: () => Promise.resolve("own"),
  } as unknown as InstanceTable;
  const gone: [id: string, left: boolean][] = [];
  const instances = new Instances({ table, log: silentLog });
  instances.listen({ onGone: (id, left) => gone.push([id, left]) });
  return { instances, gone };
}

Deno.test("Instances reports whether a gone instance left or died, whichever instance swept it", async () => {
  const rows = new Map<string, InstanceRow>();
  const { instances, gone } = watched(rows);
  const say = async (id: string, ...states: InstanceRow["state"][]) => {
    for (const state of states) {
      rows.set(id, { id, state, at: Date.now(), head: 0 });
      await instances.refresh();
    }
    rows.delete(id);
    await instances.refresh();
  };
  await say("left", "alive", "left");
  await say("left, and swept", "alive", "left", "dead");
  await say("died", "alive");
  await say("died, and swept", "alive", "dead");
  await say("swept before it was seen", "dead");
  assert.deepEqual(gone, [
    ["left", true],
    ["left, and swept", true],
    ["died", false],
    ["died, and swept", false],
    ["swept before it was seen", false],
  ]);
});

Deno.test("Instances counts an instance whose clock is a minute behind as alive, and does not sweep it", async () => {
  const rows = new Map<string, InstanceRow>();
  const { instances, gone } = watched(rows);
  for (let beat = 0; beat < 3; beat++) {
    rows.set("behind", { id: "behind", state: "alive", at: Date.now() - 60_000, head: beat });
    await instances.refresh();
    assert.ok(instances.counts("behind"));
  }
  assert.deepEqual(gone, []);
});
