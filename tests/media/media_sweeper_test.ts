import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../../src/api/limits.ts";
import type { Clock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import type { BlobStore } from "../../src/media/blobs/blob_store.ts";
import { Leases } from "../../src/media/lease.ts";
import { fileKey } from "../../src/media/media_rules.ts";
import { MediaSweeper } from "../../src/media/media_sweeper.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import type { Store } from "../../src/store/store.ts";
import { aMedia, T0 } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";
import { TempDir } from "../support/temp_dir.ts";

type SweeperStore = Pick<Store, "media" | "users" | "leases">;

function sweeperOver(store: SweeperStore, blobs: Partial<BlobStore>, clock: Clock): MediaSweeper {
  const references = { remove: () => Promise.resolve() };
  const leases = new Leases(store.leases, clock);
  const files = { sweep: () => Promise.resolve(0), ...blobs } as BlobStore;
  return new MediaSweeper({
    store,
    blobs: files,
    references,
    leases,
    clock,
    log: silentLog,
    limits: DEFAULT_LIMITS,
  });
}

Deno.test("MediaSweeper retries an upload that cannot be removed, without delaying others", async () => {
  await using folder = await TempDir.make("sweeper");
  const store = new SqliteStore(folder.join("store.db"));
  let now = T0;
  const broken = new Set<string>();
  const remove = (key: string) =>
    broken.has(key) ? Promise.reject(new Error("The disk is broken there")) : Promise.resolve();
  const sweeper = sweeperOver(store, { delete: remove }, { now: () => now });
  const [stuck, other] = [aMedia({ checkAt: T0 - 1 }), aMedia({ checkAt: T0 })];
  for (const media of [stuck, other]) await store.media.create(media);
  broken.add(fileKey(stuck.id));
  await assert.rejects(sweeper.sweep(), /broken/);
  assert.equal(await sweeper.sweep(), 1);
  assert.equal((await store.media.byId(stuck.id))?.status, "deleting");
  assert.equal(await store.media.byId(other.id), null);
  broken.clear();
  now += 3_600_000;
  assert.equal(await sweeper.sweep(), 1);
  assert.equal(await store.media.byId(stuck.id), null);
  await store.close();
});

Deno.test("MediaSweeper runs another round for an upload that lost its reference during a round", async () => {
  const round = Promise.withResolvers<void>();
  let rounds = 0;
  const due = async () => {
    if (++rounds === 1) await round.promise;
    return [];
  };
  const free = { take: () => Promise.resolve(true), release: () => Promise.resolve() };
  const leases = { ...free, purge: () => Promise.resolve(0) };
  const store = { media: { due }, leases } as unknown as SweeperStore;
  const sweeper = sweeperOver(store, {}, { now: () => T0 });
  sweeper.nudge();
  await eventually("the first round is in progress", () => rounds === 1);
  sweeper.nudge();
  round.resolve();
  await eventually("the second round has started", () => rounds === 2);
  await sweeper.close();
});
