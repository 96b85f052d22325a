import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Database } from "../../src/store/sqlite/database.ts";
import { eventually } from "../support/eventually.ts";
import { TempDir } from "../support/temp_dir.ts";

/** Holds the syncs of all files in other threads until they are let go, one by one. */
function heldSyncs() {
  const { syncData } = Deno.FsFile.prototype;
  const held: (() => void)[] = [];
  Deno.FsFile.prototype.syncData = async function () {
    await new Promise<void>((resolve) => held.push(resolve));
    return await syncData.call(this);
  };
  return {
    held,
    letGo: () => held.shift()!(),
    [Symbol.dispose]() {
      Deno.FsFile.prototype.syncData = syncData;
      for (const resolve of held) resolve();
    },
  };
}

/** Writes that wait for a sync: so many are committed while it goes on. */
const WRITES = 65;

Deno.test("Database reads what another process has committed while its own syncs go on", async () => {
  await using dir = await TempDir.make("sqlite_snapshots");
  const db = new Database(dir.join("store.db"));
  const other = new DatabaseSync(dir.join("store.db"));
  const insert = "INSERT INTO meta VALUES (?, ?)";
  const commitElsewhere = (key: string) => other.prepare(insert).run(key, "other");
  const readKeys = () =>
    db.read(() => db.all("SELECT key FROM meta WHERE value = 'other'").map(({ key }) => key));
  await db.write(() => db.run(insert, "first", "own"));
  {
    using syncs = heldSyncs();
    commitElsewhere("one");
    const early = readKeys();
    await eventually("the read waits for a sync", () => syncs.held.length > 0);
    const writes = Array.from(
      { length: WRITES },
      (_, n) => db.write(() => db.run(insert, `own ${n}`, "own")),
    );
    await eventually("the writes are committed", () => {
      return other.prepare("SELECT 1 FROM meta WHERE key = ?").get(`own ${WRITES - 1}`);
    });
    commitElsewhere("two");
    syncs.letGo();
    await eventually("the sync of the writes has begun", () => syncs.held.length > 0);
    const late = readKeys();
    syncs.letGo();
    assert.deepEqual((await late).sort(), ["one", "two"]);
    await Promise.all([...writes, early]);
  }
  other.close();
  await db.close();
});
