import assert from "node:assert/strict";
import { LogSync } from "../../src/store/sqlite/log_sync.ts";
import { SyncPace } from "../../src/store/sqlite/sync_pace.ts";
import { TempDir } from "../support/temp_dir.ts";

function took(pace: SyncPace, ms: number, times: number): SyncPace {
  for (let i = 0; i < times; i++) pace.took(ms);
  return pace;
}

Deno.test("SyncPace calls a disk quick after a run of quick syncs, and slow until then", () => {
  const pace = new SyncPace();
  assert.deepEqual([pace.isSlow, pace.isQuick], [true, false]);
  took(pace, 0.2, 7);
  assert.equal(pace.isQuick, false);
  took(pace, 0.2, 1);
  assert.deepEqual([pace.isSlow, pace.isQuick], [false, true]);
  took(pace, 1, 1);
  assert.equal(pace.isQuick, false);
  assert.equal(took(pace, 0.2, 8).isQuick, true);
});

Deno.test("SyncPace expects no quick sync for long after one that sockets would notice", () => {
  const pace = took(new SyncPace(), 0.2, 16);
  took(pace, 30, 1);
  assert.deepEqual([pace.isSlow, pace.isQuick], [true, false]);
  took(pace, 1, 1);
  assert.equal(took(pace, 0.2, 999).isQuick, false);
  assert.equal(took(pace, 0.2, 1).isQuick, true);
});

/** A log, and the names of the syncs made of it, in order. */
async function world(fault?: Error) {
  const dir = await TempDir.make("log_sync");
  const path = dir.join("log");
  await Deno.writeTextFile(path, "a commit");
  const events: string[] = [];
  const pace = new SyncPace();
  const log = new LogSync({
    path,
    pace,
    dataVersion: () => 1,
    onEnd: () => events.push("end"),
    onFailure: () => events.push("failure"),
  });
  const { syncDataSync } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.syncDataSync = function () {
    events.push("sync");
    if (fault) throw fault;
    syncDataSync.call(this);
  };
  return {
    log,
    pace,
    events,
    async [Symbol.asyncDispose]() {
      Deno.FsFile.prototype.syncDataSync = syncDataSync;
      await log.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

Deno.test("LogSync syncs a lone commit at once on a quick disk, and only there", async () => {
  await using given = await world();
  const { log, pace, events } = given;
  await log.sync();
  // Whatever the disk of this machine did.
  took(pace, 1, 1);
  const later = log.syncAlone();
  assert.ok(later instanceof Promise, "not known to be quick");
  assert.ok(log.isUnderWay);
  took(pace, 0.1, 1_000);
  assert.ok(log.syncAlone() instanceof Promise, "another is under way, which may not cover it");
  await log.idle();
  events.length = 0;
  took(pace, 0.1, 1_000);
  assert.equal(log.syncAlone(), undefined);
  assert.deepEqual(events, ["sync", "end"]);
  assert.equal(log.pending(), undefined);
});

Deno.test("LogSync takes nothing more for durable after such a sync has failed", async () => {
  await using given = await world(new Error("The disk is gone"));
  const { log, pace, events } = given;
  await log.sync();
  took(pace, 0.1, 1_000);
  events.length = 0;
  await assert.rejects(log.syncAlone()!, { code: "unavailable" });
  assert.deepEqual(events, ["sync", "failure", "end"]);
  assert.equal(log.hasFailed, true);
  await assert.rejects(log.pending()!, { code: "unavailable" });
  assert.throws(() => log.requireIntact(), { code: "unavailable" });
});
