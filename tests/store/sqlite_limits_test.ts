import assert from "node:assert/strict";

const FOLDER = new URL("../../src/store/sqlite/", import.meta.url);

Deno.test("SQLite's statements hide a bound LIMIT from its planner, which compiles them again for each value", async () => {
  const bare: string[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) {
    if (!name.endsWith(".ts")) continue;
    const lines = (await Deno.readTextFile(new URL(name, FOLDER))).split("\n");
    const code = lines.filter((line) => !line.trimStart().startsWith("*"));
    for (const line of code) if (/LIMIT \?/.test(line)) bare.push(`${name}: ${line.trim()}`);
  }
  assert.deepEqual(bare, [], "write LIMIT 0 + ?");
});
