import assert from "node:assert/strict";
import { type Db, MongoClient } from "mongodb";
import { jsonLog } from "../../../src/core/log.ts";
import { META } from "../../../src/store/mongo/meta.ts";
import type { SchemaDocument } from "../../../src/store/mongo/meta.ts";
import { migrate } from "../../../src/store/mongo/migrations.ts";
import { openMongoStore } from "../../../src/store/mongo/mongo_store.ts";
import { rewriteField } from "../../../src/store/mongo/rewrite.ts";
import { MIGRATION_STEPS } from "../../../src/store/mongo/steps/mod.ts";
import type { MigrationStep } from "../../../src/store/mongo/steps/step.ts";
import { eventually } from "../../support/eventually.ts";
import { sharedMongodb } from "../../support/mongodb_server.ts";

const mongodb = sharedMongodb();

function test(name: string, run: (db: Db, uri: string) => Promise<void>): void {
  Deno.test({
    name: `MongoDB's migrations: ${name}`,
    ignore: mongodb.missing,
    fn: async () => {
      const uri = mongodb.uri();
      const client = await MongoClient.connect(uri);
      try {
        await run(client.db(new URL(uri).pathname.slice(1)), uri);
      } finally {
        await client.close();
      }
    },
  });
}

interface Row {
  _id: string;
  [field: string]: unknown;
}

function schemaOf(db: Db): Promise<SchemaDocument | null> {
  return db.collection<SchemaDocument>(META).findOne({ _id: "schema" });
}

function aStep(name: string, run: MigrationStep["run"], breaks = false): MigrationStep {
  return { name, run, breaksEarlierReleases: breaks };
}

test("each step runs once, in order, and only due ones", async (db) => {
  const ran: string[] = [];
  const steps = ["a", "b"].map((name) => aStep(name, () => Promise.resolve(void ran.push(name))));
  assert.equal(await migrate(db, steps), true);
  const third = aStep("c", () => Promise.resolve(void ran.push("c")));
  assert.equal(await migrate(db, [...steps, third]), true);
  assert.deepEqual(ran, ["a", "b", "c"]);
  const schema = await schemaOf(db);
  assert.deepEqual([schema?.version, schema?.minimum, schema?.migrator], [3, 0, null]);
});

test("a step that fails in the middle is repeated, earlier ones are not", async (db) => {
  await db.collection<Row>("things").insertMany([{ _id: "1" }, { _id: "2" }]);
  let firsts = 0, tries = 0;
  const steps = [
    aStep("first", () => Promise.resolve(void firsts++)),
    aStep("second", async (db) => {
      await db.collection("things").updateMany({}, { $set: { colour: "red" } });
      if (tries++ === 0) throw new Error("the process dies here");
      await db.collection("things").updateMany({}, { $set: { shape: null } });
    }),
  ];
  await assert.rejects(migrate(db, steps), /dies here/);
  assert.equal((await schemaOf(db))?.version, 1);
  await migrate(db, steps);
  assert.deepEqual([firsts, tries], [1, 2]);
  const rows = await db.collection<Row>("things").find().sort({ _id: 1 }).toArray();
  const expected = ["1", "2"].map((_id) => ({ _id, colour: "red", shape: null }));
  assert.deepEqual(rows, expected);
});

test("one of several starting instances migrates, and the others wait for it", async (db) => {
  let running = 0, runs = 0;
  const steps = [aStep("slow", async () => {
    assert.equal(++running, 1);
    runs++;
    await new Promise((resolve) => setTimeout(resolve, 50));
    running--;
  })];
  const results = await Promise.all(Array.from({ length: 4 }, () => migrate(db, steps)));
  assert.deepEqual(results, [true, true, true, true]);
  assert.equal(runs, 1);
});

test("another instance continues when one dies while it migrates", async (db) => {
  await migrate(db, []);
  const dead = { $set: { migrator: "an instance that is gone", beat: 7 } };
  await db.collection<SchemaDocument>(META).updateOne({ _id: "schema" }, dead);
  let runs = 0;
  await migrate(db, [aStep("a", () => Promise.resolve(void runs++))], { silentMs: 20 });
  assert.equal(runs, 1);
});

test("the log says that an earlier release's database is migrated, or awaited", async (db) => {
  const lines: string[] = [];
  const log = jsonLog("info", (line) => lines.push(JSON.parse(line).message));
  const nothing = () => Promise.resolve();
  await migrate(db, [aStep("a", nothing)], { log });
  assert.deepEqual(lines, [], "a new database");
  const dead = { $set: { migrator: "an instance that is gone", beat: 7 } };
  await db.collection<SchemaDocument>(META).updateOne({ _id: "schema" }, dead);
  await migrate(db, ["a", "b"].map((name) => aStep(name, nothing)), { log, silentMs: 20 });
  assert.deepEqual(lines, ["Waiting for another instance's migration", "Migrating the database"]);
});

test("an instance renews its lease for as long as a step takes", async (db) => {
  const beats = async () => (await schemaOf(db))!.beat;
  const slow = aStep("slow", async () => {
    const atFirst = await beats();
    await eventually("it was renewed twice", async () => await beats() >= atFirst + 2);
  });
  assert.equal(await migrate(db, [slow], { renewMs: 20 }), true);
  assert.equal((await schemaOf(db))!.migrator, null, "and gives it back");
});

test("an instance that was considered dead does not count its step", async (db) => {
  const steps = [aStep("slow", async (db) => {
    const other = { $set: { migrator: "another instance" } };
    await db.collection<SchemaDocument>(META).updateOne({ _id: "schema" }, other);
  })];
  await assert.rejects(migrate(db, steps), /another instance has taken it over/);
  assert.deepEqual((await schemaOf(db))?.version, 0);
});

test("an earlier release starts on a database whose steps only added to it", async (db, uri) => {
  await (await openMongoStore({ uri })).close();
  const nothing = () => Promise.resolve();
  await migrate(db, [...MIGRATION_STEPS, aStep("later", nothing)]);
  assert.equal(await migrate(db, MIGRATION_STEPS), false);
  await (await openMongoStore({ uri })).close();
  assert.equal((await schemaOf(db))?.version, MIGRATION_STEPS.length + 1);
});

test("an earlier release refuses a database that it would misread", async (db, uri) => {
  const nothing = () => Promise.resolve();
  await migrate(db, [...MIGRATION_STEPS, aStep("later", nothing, true)]);
  const refusal = /schema \d+ needs a release with at least \d+ steps.*start the release/;
  await assert.rejects(openMongoStore({ uri }), refusal);
});

test("a database of a release without steps is migrated", async (db, uri) => {
  await db.createCollection("users");
  const store = await openMongoStore({ uri });
  assert.match(await store.incarnation(), /^[0-9a-f]{32}$/);
  await store.close();
  assert.equal((await schemaOf(db))?.version, MIGRATION_STEPS.length);
});

test("a field inside documents is rewritten, also during concurrent writes", async (db) => {
  const things = db.collection<Row>("things");
  const rows = Array.from({ length: 1_100 }, (_, i) => ({ _id: String(i), parts: [{ n: i }] }));
  await things.insertMany([...rows, { _id: "none" }]);
  let isFirst = true;
  await rewriteField(db, "things", "parts", async (value) => {
    const [part] = value as { n: number; unit?: string }[];
    if (isFirst) {
      isFirst = false;
      // Another instance writes between the read and the write.
      await things.updateOne({ _id: "0" }, { $set: { parts: [{ n: -1 }] } });
    }
    return part.unit === undefined ? [{ ...part, unit: "m" }] : undefined;
  });
  const all = await things.find({ _id: { $ne: "none" } }).toArray();
  assert.equal(
    all.filter(({ parts }) => (parts as { unit?: string }[])[0].unit === "m").length,
    1_100,
  );
  const first = await things.findOne({ _id: "0" });
  assert.deepEqual(first?.parts, [{ n: -1, unit: "m" }], "what the other instance wrote is kept");
});

test("messages and people of earlier releases get the current terms", async (db) => {
  const message = {
    kind: "text",
    text: "plain",
    media: [],
    deletedAt: null,
    rev: 2,
    terms: ["plain"],
  };
  const rows: Row[] = [
    { _id: "1", ...message },
    { _id: "2", ...message, text: "party 🎉", terms: ["party"] },
    { _id: "3", ...message, text: "", media: [{ name: "invoice.pdf" }], terms: [] },
    { _id: "4", ...message, text: "", deletedAt: 1, terms: [] },
    { _id: "5", ...message, text: Array.from({ length: 600 }, (_, i) => `w${i}`).join(" ") },
  ];
  await db.collection<Row>("messages").insertMany(rows);
  const person = { username: "ann", deletedAt: null, updatedAt: 1, terms: ["ann"] };
  await db.collection<Row>("users").insertOne({ _id: "ann", displayName: "Ann 🎈", ...person });
  await migrate(db, MIGRATION_STEPS);
  const termsOf = async (collection: string, _id: string) =>
    (await db.collection<Row>(collection).findOne({ _id }))!.terms as string[];
  assert.deepEqual(await termsOf("messages", "1"), ["plain"]);
  assert.deepEqual(await termsOf("messages", "2"), ["party", "🎉"]);
  assert.deepEqual(await termsOf("messages", "3"), ["invoice", "pdf"]);
  assert.deepEqual(await termsOf("messages", "4"), []);
  assert.equal((await termsOf("messages", "5")).length, 600);
  assert.deepEqual(await termsOf("users", "ann"), ["ann", "🎈"]);
});
