import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Checkpointer } from "../../src/store/sqlite/checkpointer.ts";
import type { CheckpointStep } from "../../src/store/sqlite/checkpoint_worker.ts";
import { Database } from "../../src/store/sqlite/database.ts";
import { LogSize } from "../../src/store/sqlite/log_size.ts";
import { TempDir } from "../support/temp_dir.ts";
import { eventually } from "../support/eventually.ts";

const MEGABYTE = 1024 ** 2;
/** Commits between two looks at the log, each of a megabyte: as much as is copied at once. */
const COMMITS = 16;

Deno.test("Database overwrites a log that has grown, and empties it on request", async () => {
  await using dir = await TempDir.make("checkpoint");
  const path = dir.join("database");
  const db = new Database(path);
  const reader = new DatabaseSync(path);
  try {
    const size = new LogSize(reader, `${path}-wal`);
    const fileBytes = () => Deno.statSync(`${path}-wal`).size;
    const insert = () =>
      db.run("INSERT INTO meta VALUES (hex(randomblob(8)), hex(zeroblob(?)))", MEGABYTE / 2);
    assert.equal(size.isExact, true);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < COMMITS; i++) await db.write(insert);
      await eventually("the log starts again", () => size.bytes() < MEGABYTE);
      assert.ok(fileBytes() >= COMMITS * MEGABYTE, `the file has ${fileBytes()} bytes`);
      assert.ok(fileBytes() < 2 * COMMITS * MEGABYTE, `the file has ${fileBytes()} bytes`);
    }
    db.truncateLog();
    await eventually("the log is empty", () => fileBytes() < MEGABYTE);
    const { rows } = reader.prepare("SELECT count(*) AS rows FROM meta WHERE length(value) = ?")
      .get(MEGABYTE)!;
    assert.equal(rows, 3 * COMMITS);
  } finally {
    reader.close();
    await db.close();
  }
});

Deno.test("the checkpoint worker copies each time what was committed before, also without a restart between", async () => {
  await using dir = await TempDir.make("checkpoint");
  const path = dir.join("database");
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
  db.exec("CREATE TABLE meta (key TEXT, value TEXT)");
  const url = new URL("../../src/store/sqlite/checkpoint_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module", name: path });
  const run = (step: CheckpointStep) =>
    new Promise<void>((resolve) => {
      worker.onmessage = () => resolve();
      worker.postMessage(step);
    });
  try {
    for (const text of ["first of all", "second to that", "third and last"]) {
      db.prepare("INSERT INTO meta VALUES (?, '')").run(text);
      await run("copy");
      const file = new TextDecoder("latin1").decode(await Deno.readFile(path));
      assert.ok(file.includes(text), text);
    }
    await run("end");
  } finally {
    worker.terminate();
    db.close();
  }
});

Deno.test("Checkpointer copies what is committed during a copy before it holds writes", async () => {
  await using dir = await TempDir.make("checkpoint");
  const path = dir.join("database");
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0");
  db.exec("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)");
  const insert = (text: string) => db.prepare("INSERT INTO meta VALUES (?, '')").run(text);
  insert("before all copies");
  const during = ["during the first copy", "during the second copy"];
  let looks = 0;
  let copied = "";
  const checkpointer = new Checkpointer({
    path,
    size: { bytes: () => 0, isExact: true },
    // Asked before and after each copy.
    dataVersion() {
      if (++looks % 2 === 0 && looks / 2 <= during.length) insert(during[looks / 2 - 1]);
      return looks >> 1;
    },
    async pause() {
      copied = new TextDecoder("latin1").decode(await Deno.readFile(path));
    },
    resume() {},
    checkpointHere: () => assert.fail("there is a worker"),
    onFailure: (error) => assert.fail(error as Error),
  });
  try {
    checkpointer.truncateIfChanged();
    await eventually("writes are held", () => copied !== "");
    for (const text of ["before all copies", ...during]) assert.ok(copied.includes(text), text);
  } finally {
    await checkpointer.close();
    db.close();
  }
});
