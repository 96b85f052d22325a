import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { MongoClient } from "mongodb";
import { createApp } from "../../src/app.ts";
import { newId } from "../../src/core/ids.ts";
import { silentLog } from "../../src/core/log.ts";
import type { User } from "../../src/model/user.ts";
import { openMongoStore } from "../../src/store/mongo/mongo_store.ts";
import { customEntry } from "../../src/store/custom_entries.ts";
import { ENTITIES, type RowPort } from "../../src/store/row_port.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import type { Store } from "../../src/store/store.ts";
import { copyStore, tally } from "../../src/tools/store_copy.ts";
import { loadMongo, RELEASES, rowsOf } from "../contract/store/fixtures/load.ts";
import { fullRows } from "../contract/store/full_rows.ts";
import { readFullRows, writeFullRows } from "../contract/store/full_store.ts";
import { lackingFields } from "../contract/store/shape.ts";
import { aUser, storedChat } from "../contract/store/rows.ts";
import { sharedMongodb } from "../support/mongodb_server.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig } from "../support/test_config.ts";

const mongodb = sharedMongodb();

interface Stores {
  file: (name?: string) => Promise<SqliteStore>;
  server: () => Promise<Store>;
}

function test(name: string, run: (stores: Stores, dir: TempDir) => Promise<void>): void {
  Deno.test({
    name,
    ignore: mongodb.missing,
    fn: async () => {
      await using dir = await TempDir.make("store_copy");
      await using opened = new AsyncDisposableStack();
      const keep = <S extends Store>(store: S): S => {
        opened.defer(() => store.close());
        return store;
      };
      await run({
        file: (name = "chat.sqlite3") => Promise.resolve(keep(new SqliteStore(dir.join(name)))),
        server: async () => keep(await openMongoStore({ uri: mongodb.uri() })),
      }, dir);
    },
  });
}

/** A store's rows, with some of its methods replaced. */
function portOf(rows: RowPort, replaced: Partial<RowPort>): RowPort {
  return {
    page: (...args) => rows.page(...args),
    put: (...args) => rows.put(...args),
    progress: () => rows.progress(),
    setProgress: (progress) => rows.setProgress(progress),
    finish: (incarnation) => rows.finish(incarnation),
    ...replaced,
  };
}

test("store:copy copies everything from SQLite to MongoDB and back, and it reads as before", async ({ file, server }) => {
  const [first, middle, last] = [await file(), await server(), await file("last.sqlite3")];
  await writeFullRows(first, fullRows());
  await first.users.create(aUser({ externalId: null }));
  const { chat } = await storedChat(first, {
    members: [{}],
    messages: Array.from({ length: 450 }, (_, i) => ({ text: `a red kite ${i}` })),
  });
  const names: string[] = [];
  await copyStore(first, middle, (entity) => names.push(entity));
  assert.deepEqual(names, [...ENTITIES]);
  await copyStore(middle, last);
  for (const store of [middle, last]) {
    assert.equal(await store.incarnation(), await first.incarnation());
    for (const entity of ENTITIES) {
      assert.deepEqual(await tally(store.rows, entity), await tally(first.rows, entity), entity);
    }
    const search = { chatIds: [chat.id], query: "kite 449", before: null, limit: 5 };
    assert.equal((await store.messages.search(search)).messages.length, 1);
    const [ann] = fullRows().users;
    assert.equal((await store.users.byUsernameKey(ann.usernameKey))?.id, ann.id);
    assert.deepEqual(await readFullRows(store, fullRows()), fullRows());
    const found = await findableBy(store, ann);
    assert.deepEqual(found, { chatsByTopic: 1, chatsByOther: 0, peopleByTeam: true });
    // No key of a person without an external id stands in the way of one who has it.
    await store.users.create(aUser({ externalId: "null" }));
  }
});

/** Counts what the custom data of a person and of their chats leads to. */
async function findableBy(store: Store, { id: userId }: User) {
  const inbox = (topic: string) =>
    store.chats.inbox({
      userId,
      kind: null,
      custom: [customEntry("topic", topic)],
      before: null,
      limit: 9,
    });
  const custom = [customEntry("team", "blue")];
  const people = await store.users.withCustom({
    custom,
    hiddenFrom: newId(),
    after: null,
    limit: 9,
  });
  return {
    chatsByTopic: (await inbox("kites")).length,
    chatsByOther: (await inbox("balloons")).length,
    peopleByTeam: people.some(({ id }) => id === userId),
  };
}

test("contact settings that have one of two are copied, and those without any are not", async ({ file }) => {
  const uri = mongodb.uri();
  const [source, target] = [await openMongoStore({ uri }), await file()];
  const client = await MongoClient.connect(uri);
  try {
    const [write, add, none] = [aUser(), aUser(), aUser()];
    for (const user of [write, add, none]) await source.users.create(user);
    await client.db().collection<{ _id: string }>("contactSettings").insertMany([
      { _id: write.id, write: "nobody" },
      { _id: add.id, addToGroups: "nobody" },
      { _id: none.id },
    ] as { _id: string }[]);
    await copyStore(source, target);
    const { rows } = await target.rows.page("contact_settings", null, 10);
    const copied = new Map(rows.map((row) => [row.userId, [row.addToGroups, row.write]]));
    assert.deepEqual(copied, new Map([[write.id, [null, "nobody"]], [add.id, ["nobody", null]]]));
  } finally {
    await Promise.all([client.close(), source.close()]);
  }
});

test(
  "store:copy continues an interrupted copy, and no server starts on it before it is complete",
  async (stores, dir) => {
    const source = await stores.server();
    for (let i = 0; i < 250; i++) await source.users.create(aUser());
    await storedChat(source, { members: [{}], messages: [{ text: "a red kite" }] });
    const target = await stores.file();
    let puts = 0;
    const dying = portOf(target.rows, {
      put: (...args) => {
        if (++puts === 2) return Promise.reject(new Error("the process dies here"));
        return target.rows.put(...args);
      },
    });
    const interrupted = copyStore(source, { rows: dying, incarnation: () => target.incarnation() });
    await assert.rejects(interrupted, /dies here/);
    const starting = createApp(testConfig(dir.path), silentLog);
    await assert.rejects(starting, /interrupted: run "deno task store:copy" again/);
    const another = await stores.server();
    await assert.rejects(copyStore(another, target), /unfinished copy of another store/);
    await copyStore(source, target);
    assert.equal((await tally(target.rows, "users")).count, 250);
    await (await createApp(testConfig(dir.path), silentLog)).drain();
  },
);

test("rows that MongoDB refuses fail the copy that writes them", async ({ server }) => {
  const { rows } = await server();
  const [one, other] = fullRows().chats.map((chat) => ({ ...chat, id: newId(), directKey: "a:b" }));
  await rows.put("chats", [{ ...one }]);
  await assert.rejects(rows.put("chats", [{ ...other }]));
});

test("a Welcome keeps its own message beside one of the same revision in another chat", async ({ file, server }) => {
  const all = fullRows();
  for (const { rows } of [await file(), await server()]) {
    for (const entity of ["users", "chats", "devices"] as const) {
      await rows.put(entity, all[entity].map((row) => ({ ...row })));
    }
    const [welcome] = all.welcomes;
    const [chat] = all.chats;
    const other = { ...chat, id: newId(), directKey: null, externalId: null };
    await rows.put("chats", [other]);
    const second = { ...welcome, id: newId(), chatId: other.id, message: "another message" };
    await rows.put("welcomes", [{ ...welcome }, second]);
    const { rows: read } = await rows.page("welcomes", null, 10);
    const messages = new Map(read.map(({ chatId, message }) => [chatId, message]));
    assert.deepEqual(messages, new Map([welcome, second].map((row) => [row.chatId, row.message])));
  }
});

test("store:copy refuses a target that is not empty, and a source that changes meanwhile", async ({ file, server }) => {
  const [source, target] = [await file(), await server()];
  await source.users.create(aUser());
  const changing = portOf(source.rows, {
    page: async (...args) => {
      const page = await source.rows.page(...args);
      if (args[0] === "outbox") await source.users.create(aUser());
      return page;
    },
  });
  const copying = copyStore({ rows: changing, incarnation: () => source.incarnation() }, target);
  await assert.rejects(copying, /differs in users .*was something written meanwhile/);
  await target.rows.setProgress(null);
  await assert.rejects(copyStore(source, target), /not empty \(it has users\)/);
});

for (const release of RELEASES) {
  test(`rows that release ${release} stored are copied as rows of today`, async ({ file, server }) => {
    const [source, target] = [await server(), await file()];
    const uri = mongodb.uri();
    await loadMongo(uri, release);
    const old = await openMongoStore({ uri });
    try {
      await copyStore(old, target);
      assert.deepEqual(await lackingIn(target, release), {});
      await copyStore(target, source);
      assert.deepEqual(await lackingIn(source, release), {});
    } finally {
      await old.close();
    }
  });
}

async function lackingIn(store: Store, release: string): Promise<Record<string, string[]>> {
  const [found, model] = [await readFullRows(store, rowsOf(release)), fullRows()];
  const entities = Object.keys(model) as (keyof typeof model)[];
  const lacking = entities.map((entity): [string, string[]] => [
    entity,
    found[entity].flatMap((row) => lackingFields(row, model[entity])),
  ]);
  return Object.fromEntries(lacking.filter(([, fields]) => fields.length > 0));
}

/** Tables that the target creates itself, or whose rows are temporary. */
const DERIVED_TABLES = [
  "user_terms",
  "message_media",
  "unindexed",
  "chat_counts",
  "storage_usage",
  "user_custom",
  "chat_custom",
];
const DERIVED_COLLECTIONS = [
  "userKeys",
  "chatCounts",
  "storage_usage",
  "transactionOwners",
  "listGuards",
];
const OWN = [
  "meta",
  "leases",
  "welcome_messages",
  "welcomeMessages",
  // Kept for a day: at worst, people are counted twice on the day of the copy.
  "active_people",
  "activePeople",
];

test("every table of SQLite is copied or recreated by the target", async ({ file }, dir) => {
  await file();
  const database = new DatabaseSync(dir.join("chat.sqlite3"), { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
    .map(({ name }) => String(name)).filter((name) => !/^(sqlite_|message_index)/.test(name));
  database.close();
  const known = [...ENTITIES, ...DERIVED_TABLES, ...OWN];
  assert.deepEqual(tables.filter((name) => !known.includes(name)), []);
});

Deno.test({
  name: "every collection of MongoDB is copied or recreated by the target",
  ignore: mongodb.missing,
  fn: async () => {
    const uri = mongodb.uri();
    await (await openMongoStore({ uri })).close();
    const client = await MongoClient.connect(uri);
    const names = (await client.db().listCollections().toArray()).map(({ name }) => name);
    await client.close();
    const camel = (name: string) => name.replaceAll(/_(\w)/g, (_, c: string) => c.toUpperCase());
    const known = [...ENTITIES.map(camel), ...DERIVED_COLLECTIONS, ...OWN];
    assert.deepEqual(names.filter((name) => !known.includes(name)), []);
  },
});
