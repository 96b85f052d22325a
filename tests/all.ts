/**
 * All tests, for `deno test` without a task: packages that only tests need have a separate
 * configuration (`tests/deno.json`), so that a newcomer's first start does not download them. The
 * tests run in one child process, whose output appears as it is written.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

Deno.test("all tests pass, as deno task test runs them", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "tests/tools/run_tests.ts", "all"],
    cwd: fileURLToPath(new URL("../", import.meta.url)),
  }).spawn();
  assert.equal((await child.status).code, 0);
});
