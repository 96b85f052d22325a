import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { TempDir } from "../support/temp_dir.ts";
import { hungIn } from "./junit_report.ts";

const BOUNDS = fileURLToPath(new URL("test_bounds.ts", import.meta.url));

/** Runs the source as a test file with the bounds, as `deno task test` does. */
async function run(source: string) {
  await using folder = await TempDir.make("bounds");
  await Deno.writeTextFile(folder.join("one_test.ts"), source);
  const report = folder.join("report.xml");
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", `--preload=${BOUNDS}`, `--junit-path=${report}`, "one_test.ts"],
    cwd: folder.path,
    env: { TEST_BOUND_MS: "500", TEST_RUNNING_FOLDER: folder.path, NO_COLOR: "1" },
  }).output();
  const output = new TextDecoder().decode(stdout);
  return { success, output, hung: hungIn(await Deno.readTextFile(report)) };
}

Deno.test("a test that hangs fails, and is named", async () => {
  const { success, output, hung } = await run(`
    Deno.test("quick", () => {});
    Deno.test("never ends", () => new Promise(() => setInterval(() => {}, 10)));
    Deno.test("after it", () => {});
  `);
  assert.equal(success, false);
  assert.match(output, /The test has not ended within 500 ms/);
  assert.deepEqual(hung, ["./one_test.ts: never ends"]);
});

Deno.test("a test that leaves a timer or a listener behind fails", async () => {
  const { output, hung } = await run(`
    Deno.test("timer", () => void setInterval(() => {}, 1000));
    Deno.test("listener", () => void Deno.listen({ port: 0 }));
    Deno.test("file under way", () => {
      const texts = Array.from(Deno.readDirSync("."), ({ name }) => Deno.readTextFileSync(name));
      if (!texts.some((text) => text === Deno.mainModule)) throw new Error("none");
    });
  `);
  assert.match(output, /timer \.\.\. FAILED/);
  assert.match(output, /listener \.\.\. FAILED/);
  assert.match(output, /file under way \.\.\. ok/);
  assert.deepEqual(hung, []);
});
