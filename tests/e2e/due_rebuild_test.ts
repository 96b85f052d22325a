import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { compact } from "../../src/tools/compact.ts";
import { makePrivateFolder } from "../../src/core/private_files.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";

/** Rows of `meta` that mark the file as due for a rebuild. */
function due(path: string): unknown[] {
  const file = new DatabaseSync(path);
  const rows = file.prepare("SELECT value FROM meta WHERE key = 'vacuum'").all();
  file.close();
  return rows;
}

/** Returns the server's output until it listens. */
async function startUpLog(dataDir: string): Promise<string> {
  await using server = await ServerProcess.start({ env: { DATA_DIR: dataDir } });
  return server.log;
}

Deno.test("a server without permission to rebuild its file points to deno task compact, once", async () => {
  await using folder = await TempDir.make("rebuild");
  const dataDir = folder.join("data");
  await makePrivateFolder(dataDir, /^$/);
  const path = folder.join("data/chat.sqlite3");
  await new SqliteStore(path).close();
  const file = new DatabaseSync(path);
  file.exec("INSERT INTO meta (key, value) VALUES ('vacuum', '1')");
  file.close();
  assert.match(await startUpLog(dataDir), /"level":"warn".*cannot be rebuilt .*deno task compact/);
  assert.doesNotMatch(await startUpLog(dataDir), /deno task compact/);
  assert.equal(due(path).length, 1, "it stays due");
  await compact(dataDir);
  assert.deepEqual(due(path), []);
});
