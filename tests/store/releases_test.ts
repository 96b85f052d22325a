import assert from "node:assert/strict";
import { openMongoStore } from "../../src/store/mongo/mongo_store.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import type { Store } from "../../src/store/store.ts";
import { loadMongo, loadSqlite, RELEASES, rowsOf } from "../contract/store/fixtures/load.ts";
import { type FullRows, fullRows } from "../contract/store/full_rows.ts";
import { readFullRows, writeFullRows } from "../contract/store/full_store.ts";
import { lackingFields } from "../contract/store/shape.ts";
import { sharedMongodb } from "../support/mongodb_server.ts";
import { TempDir } from "../support/temp_dir.ts";

/**
 * Rows of each release, frozen as stored (see fixtures/dump.ts), must read as rows of the current
 * model: with all of its fields, and with the stored values. A new field that has neither a step
 * nor a default on read fails here.
 */
const mongodb = sharedMongodb();

for (const release of RELEASES) {
  Deno.test(`SQLite reads the rows of release ${release} as current rows`, async () => {
    await using dir = await TempDir.make("releases");
    loadSqlite(dir.join("store.db"), release);
    await compare(new SqliteStore(dir.join("store.db")), release);
  });

  Deno.test({
    name: `MongoDB reads the rows of release ${release} as current rows`,
    ignore: mongodb.missing,
    fn: async () => {
      const uri = mongodb.uri();
      await loadMongo(uri, release);
      await compare(await openMongoStore({ uri }), release);
    },
  });
}

Deno.test("SQLite returns every field of every row as stored", async () => {
  await using dir = await TempDir.make("releases");
  await roundTrip(new SqliteStore(dir.join("store.db")));
});

Deno.test({
  name: "MongoDB returns every field of every row as stored",
  ignore: mongodb.missing,
  fn: async () => await roundTrip(await openMongoStore({ uri: mongodb.uri() })),
});

Deno.test("missingFields names a field that earlier rows lack, at any depth and in each kind of a union", () => {
  const [user] = fullRows().users;
  assert.deepEqual(lackingFields(user, fullRows().users), []);
  const renewed = { ...user, colour: "", status: { ...user.status, emoji: "" } };
  assert.deepEqual(lackingFields(user, [renewed]).sort(), ["colour", "status.emoji"]);
  const [message] = fullRows().messages;
  const captioned = { ...message, media: [{ ...message.media[0], caption: null }] };
  assert.deepEqual(lackingFields(message, [captioned]), ["media[].caption"]);
  const [entry] = fullRows().outbox;
  const occurrences = entry.occurrences.map((each) =>
    each.type === "role" ? { ...each, reason: "" } : each
  );
  assert.deepEqual(lackingFields(entry, [{ ...entry, occurrences }]), ["occurrences[].reason"]);
});

async function roundTrip(store: Store): Promise<void> {
  try {
    const rows = fullRows();
    await writeFullRows(store, rows);
    assert.deepEqual(await readFullRows(store, rows), rows);
  } finally {
    await store.close();
  }
}

async function compare(store: Store, release: string): Promise<void> {
  try {
    const stored = rowsOf(release);
    const found = await readFullRows(store, stored);
    const model = fullRows();
    const [{ ownerId }] = stored.media;
    const bytes = stored.media.reduce((sum, { size }) => sum + size, 0);
    const openUploads = stored.media.filter(({ status }) => status === "pending").length;
    assert.deepEqual(await store.media.usage(ownerId), { bytes, openUploads });
    for (const entity of Object.keys(model) as (keyof FullRows)[]) {
      assert.equal(found[entity].length, (stored[entity] ?? []).length, `rows of ${entity}`);
      for (const [i, row] of found[entity].entries()) {
        const lacking = lackingFields(row, model[entity]);
        assert.deepEqual(lacking, [], `${entity} of release ${release} lack fields`);
        assertKept(stored[entity][i], row, `${entity}[${i}]`);
      }
    }
  } finally {
    await store.close();
  }
}

/** Fields that the current model no longer has are skipped. */
function assertKept(stored: unknown, found: unknown, path: string): void {
  if (typeof stored !== "object" || stored === null) {
    assert.deepEqual(found, stored, path);
    return;
  }
  for (const [name, value] of Object.entries(stored)) {
    const fields = found as Record<string, unknown>;
    if (Array.isArray(stored) || name in fields) assertKept(value, fields[name], `${path}.${name}`);
  }
}
