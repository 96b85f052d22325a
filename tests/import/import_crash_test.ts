import assert from "node:assert/strict";
import { delay } from "../../src/core/delay.ts";
import { testedStores } from "../support/tested_stores.ts";
import { comparableRows, ImportWorld } from "./import_world.ts";
import { aGroup, aMessage, aPerson, at } from "./lines.ts";

const PEOPLE = ["ann", "ben", "cem", "dee"];
const CHATS = ["one", "two", "three"];

/** Enough for several checkpoints. */
function manyLines(): unknown[] {
  const messages = Array.from({ length: 9_000 }, (_, i) =>
    aMessage(CHATS[i % 3], PEOPLE[i % 4], {
      externalId: `m${i}`,
      at: at(i),
      text: `kite ${i}`,
      ...(i >= 30 && i % 10 === 0 && { replyTo: `m${i - 30}` }),
    }));
  return [
    ...PEOPLE.map((name) => aPerson(name, { username: name })),
    ...CHATS.map((name) => aGroup(name, PEOPLE)),
    ...messages,
  ];
}

/** Kills the import as soon as it has saved a checkpoint; returns the number of lines before it. */
async function killedImport(world: ImportWorld): Promise<number> {
  const child = world.command("import.ndjson").spawn();
  const ended = child.status.then(() => true);
  let lines = 0;
  await world.store(async (store) => {
    while (lines === 0 && !await Promise.race([ended, delay(1).then(() => false)])) {
      const saved = (await store.settings.byId("import"))?.value as { lines: number } | undefined;
      lines = saved?.lines ?? 0;
    }
  });
  try {
    child.kill("SIGKILL");
  } catch {
    // It had ended: the caller tells by the missing checkpoint.
  }
  await child.output();
  return lines;
}

for (const { name, ignore, environment } of testedStores()) {
  Deno.test({
    name: `${name}: an import that is killed and run again writes what an undisturbed one writes`,
    ignore,
    fn: async () => {
      const lines = manyLines();
      await using calm = await ImportWorld.start(environment());
      assert.equal((await calm.import(lines)).code, 0);
      await using world = await ImportWorld.start(environment());
      await world.write("import.ndjson", lines);
      assert.ok(await killedImport(world) > 0, "the import was not killed in its middle");
      const half = await world.store((store) => store.rows.page("messages", null, 10_000));
      assert.ok(half.rows.length < 9_000);
      const { code, refused } = await world.run("import.ndjson");
      assert.deepEqual([code, refused], [0, []]);
      const expected = await calm.store(comparableRows);
      assert.equal(expected.filter((row) => row.startsWith("messages ")).length, 9_000);
      assert.deepEqual(await world.store(comparableRows), expected);
      assert.equal(await world.store((store) => store.settings.byId("import")), null);
    },
  });
}

Deno.test("a checkpoint is no use for a file that has changed before it", async () => {
  await using world = await ImportWorld.start();
  const lines = manyLines();
  await world.write("import.ndjson", lines);
  assert.ok(await killedImport(world) > 0, "the import was not killed in its middle");
  const first = aMessage("one", "ann", { externalId: "inserted", at: at(0), text: "inserted" });
  lines.splice(7, 0, first);
  assert.equal((await world.import(lines)).code, 0);
  const rows = await world.store((store) => store.rows.page("messages", null, 20_000));
  assert.equal(rows.rows.length, 9_001);
});

Deno.test("refused lines before a checkpoint count in the run that goes on", async () => {
  await using world = await ImportWorld.start();
  const lines = manyLines();
  lines.splice(7, 0, aMessage("one", "nobody", { at: at(0) }));
  await world.write("import.ndjson", lines);
  assert.ok(await killedImport(world) > 0, "the import was not killed in its middle");
  const { code, out } = await world.run("import.ndjson");
  assert.equal(code, 1);
  assert.match(out, /, 1 lines were refused$/);
  // A complete run leaves no checkpoint: the next one tries the line again.
  const again = await world.run("import.ndjson");
  assert.match(again.refused.join("\n"), /^line 8: There is no person "nobody"$/);
});
