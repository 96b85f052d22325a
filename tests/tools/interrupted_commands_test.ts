import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { backUp } from "../../src/tools/backup.ts";
import { filesUnder, writeSums } from "../../src/tools/checksums.ts";
import { compact } from "../../src/tools/compact.ts";
import { restore } from "../../src/tools/restore.ts";
import { inheritedEnvironment } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";

/** A folder with the data of a server that was started once, and its backup. */
async function backedUp() {
  const folder = await TempDir.make("tools");
  const dataDir = folder.join("data");
  await Deno.mkdir(dataDir);
  await (new SqliteStore(folder.join("data/chat.sqlite3"))).close();
  const from = folder.join("backup");
  await backUp({ dataDir, to: from });
  return { folder, dataDir, from, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

async function run(dataDir: string, ...args: string[]): Promise<{ code: number; said: string }> {
  const program = fileURLToPath(new URL("../../src/tools/main.ts", import.meta.url));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", program, ...args],
    clearEnv: true,
    env: { ...inheritedEnvironment(), DATA_DIR: dataDir },
  }).output();
  const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("").trim();
  return { code, said };
}

const isThere = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("a backup with a file too few or too many is not restored", async () => {
  await using world = await backedUp();
  const { folder, from } = world;
  await Deno.mkdir(folder.join("backup/media"));
  await Deno.writeTextFile(folder.join("backup/media/a"), "");
  await assert.rejects(restore({ from, dataDir: folder.join("new") }), /media.a is not the file/);
  await Deno.remove(folder.join("backup/SHA256SUMS"));
  await writeSums(from);
  await Deno.remove(folder.join("backup/media/a"));
  await assert.rejects(restore({ from, dataDir: folder.join("new") }), /media.a is missing/);
  assert.equal(await isThere(folder.join("new")), false);
});

Deno.test("what an interrupted backup left is no part of the next", async () => {
  await using world = await backedUp();
  const { folder, dataDir, from } = world;
  await Deno.mkdir(folder.join("next.partial"));
  await Deno.writeTextFile(folder.join("next.partial/rest"), "");
  await backUp({ dataDir, to: folder.join("next") });
  assert.deepEqual(await filesUnder(folder.join("next")), await filesUnder(from));
});

Deno.test("a rest of a restore beside a database does not pass for a restore", async () => {
  await using world = await backedUp();
  const { folder, dataDir, from } = world;
  await Deno.mkdir(folder.join("data/restore.partial"));
  const rest = folder.join("data/restore.partial/chat.sqlite3");
  await Deno.copyFile(folder.join("backup/chat.sqlite3"), rest);
  await assert.rejects(restore({ from, dataDir }), /there is a chat\.sqlite3 in it/);
  // Its last step was the move of the database.
  await Deno.remove(rest);
  await Deno.writeTextFile(folder.join("data/kv.sqlite3"), "signals of the former server");
  await restore({ from, dataDir });
  assert.deepEqual(await filesUnder(dataDir), ["chat.sqlite3"]);
  assert.equal(await isThere(folder.join("data/restore.partial")), false);
});

Deno.test("the commands back up and restore the folders that they are given", async () => {
  await using world = await backedUp();
  const { folder, dataDir } = world;
  const to = folder.join("other");
  assert.match((await run(dataDir, "backup", to)).said, /^Backed up 2 files \(\d+ bytes\) to /);
  const restored = await run(folder.join("new"), "restore", to);
  assert.deepEqual(restored, { code: 0, said: `Restored ${to} into ${folder.join("new")}` });
  assert.ok(await isThere(folder.join("new/chat.sqlite3")));
  const without = await run(folder.join("newer"), "restore");
  assert.deepEqual(without, {
    code: 1,
    said: "Cannot restore: name the folder of the backup",
  });
});

Deno.test("compacting is what an upgrade left to do, and is not due again", async () => {
  await using world = await backedUp();
  const { folder, dataDir } = world;
  const isDue = (mark = false) => {
    using database = new DatabaseSync(folder.join("data/chat.sqlite3"));
    if (mark) database.exec("INSERT INTO meta (key, value) VALUES ('vacuum', 'due')");
    return database.prepare("SELECT 1 FROM meta WHERE key = 'vacuum'").get() !== undefined;
  };
  assert.equal(isDue(true), true);
  await compact(dataDir);
  assert.equal(isDue(), false);
});
