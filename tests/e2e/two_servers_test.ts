import assert from "node:assert/strict";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testEnvironment } from "../support/test_config.ts";

const WARNING = /Another server uses this DATA_DIR/;

Deno.test("a second server on one DATA_DIR says so, and the next one after both does not", async () => {
  await using folder = await TempDir.make("two");
  const env = testEnvironment({ DATA_DIR: folder.join("data") });
  {
    await using first = await ServerProcess.start({ env });
    await using second = await ServerProcess.start({ env });
    assert.doesNotMatch(first.log, WARNING);
    assert.match(second.log, WARNING);
    assert.match(second.log, /"level":"warn"/);
    // However a process ends, its claim ends with it.
    await first.kill("SIGKILL");
  }
  await using next = await ServerProcess.start({ env });
  assert.doesNotMatch(next.log, WARNING);
});
