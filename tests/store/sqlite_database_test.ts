import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { migrate } from "../../src/store/sqlite/migrations.ts";
import { SCHEMA_STEPS } from "../../src/store/sqlite/steps/mod.ts";
import { jsonLog } from "../../src/core/log.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { aUser, storedChat } from "../contract/store/rows.ts";
import { TempDir } from "../support/temp_dir.ts";

/** Promises of SQLite's adapter beyond the contract of all stores. */
const STORE_MODULE = import.meta.resolve("../../src/store/sqlite/sqlite_store.ts");
const ROWS_MODULE = import.meta.resolve("../contract/store/rows.ts");

Deno.test("SqliteStore creates one schema when processes start at once, and they share the file", async () => {
  await using dir = await TempDir.make("sqlite_database");
  const path = dir.join("store.db");
  const script = `
    import { SqliteStore } from ${JSON.stringify(STORE_MODULE)};
    import { aUser } from ${JSON.stringify(ROWS_MODULE)};
    const [path, name] = Deno.args;
    const store = new SqliteStore(path);
    const users = Array.from({ length: 20 }, (_, i) => aUser({ username: name + i }));
    for (const user of users) await store.users.create(user);
    await store.close();`;
  const module = dir.join("writer.ts");
  await Deno.writeTextFile(module, script);
  const processes = ["a", "b", "c", "d"].map((name) => run(module, path, name));
  for (const { success, stderr } of await Promise.all(processes)) {
    assert.ok(success, new TextDecoder().decode(stderr));
  }
  const store = new SqliteStore(path);
  for (const name of ["a", "b", "c", "d"]) {
    assert.notEqual(await store.users.byUsernameKey(`${name}19`), null);
  }
  await store.close();
});

Deno.test("SqliteStore refuses a file of a later release by its name, and does not change it", async () => {
  await using dir = await TempDir.make("sqlite_database");
  const path = dir.join("store.db");
  await new SqliteStore(path).close();
  setVersion(path, 9_999);
  assert.throws(() => new SqliteStore(path), /Cannot open .*store\.db: it has schema 9999/);
});

Deno.test("SqliteStore leaves the log of a database alone whose file was moved away", async () => {
  await using dir = await TempDir.make("sqlite_database");
  const path = dir.join("store.db"), user = aUser();
  const store = new SqliteStore(path);
  await store.users.create(user);
  // As a killed process leaves them.
  await Deno.copyFile(`${path}-wal`, dir.join("moved.db-wal"));
  await Deno.copyFile(path, dir.join("kept.db"));
  await store.close();
  const refused = /Cannot open .*moved\.db: it is missing or empty, and its log .*-wal is there/;
  assert.throws(() => new SqliteStore(dir.join("moved.db")), refused);
  await Deno.copyFile(dir.join("kept.db"), dir.join("moved.db"));
  const again = new SqliteStore(dir.join("moved.db"));
  assert.deepEqual(await again.users.byId(user.id), user);
  await again.close();
});

Deno.test("SqliteStore says of a file that is no database how to get one back", async () => {
  await using dir = await TempDir.make("sqlite_database");
  const path = dir.join("store.db");
  await Deno.writeTextFile(path, "no database ".repeat(1_000));
  assert.throws(
    () => new SqliteStore(path),
    /store\.db: file is not a database\. .*deno task restore/,
  );
});

Deno.test("SqliteStore migrates a file of any earlier release, and keeps its data", async () => {
  for (let version = 1; version < SCHEMA_STEPS.length; version++) {
    await using dir = await TempDir.make("sqlite_database");
    const path = dir.join("store.db");
    const file = new DatabaseSync(path);
    migrate(file, SCHEMA_STEPS.slice(0, version));
    const hasOutbox = version >= 4;
    if (hasOutbox) file.prepare(OUTBOX_ROW).run("an entry");
    file.close();
    const store = new SqliteStore(path);
    const { chat } = await storedChat(store, { messages: [{ text: "a red kite" }] });
    const search = { chatIds: [chat.id], query: "kite", before: null, limit: 10 };
    assert.equal((await store.messages.search(search)).messages.length, 1);
    const entries = await store.outbox.claim(Date.now(), Date.now(), 10);
    assert.deepEqual(entries.map(({ id }) => id), hasOutbox ? ["an entry"] : []);
    await store.close();
  }
});

Deno.test("SqliteStore logs that it migrates a file of an earlier release, not a new one", async () => {
  await using dir = await TempDir.make("sqlite_database");
  const lines: unknown[] = [];
  const log = jsonLog("info", (line) => lines.push(JSON.parse(line)));
  await new SqliteStore(dir.join("new.db"), { log }).close();
  assert.deepEqual(lines, []);
  const path = dir.join("store.db");
  const file = new DatabaseSync(path);
  migrate(file, SCHEMA_STEPS.slice(0, -1));
  file.close();
  for (let i = 0; i < 2; i++) await new SqliteStore(path, { log }).close();
  const [line, ...others] = lines as Record<string, unknown>[];
  assert.deepEqual([line?.message, line?.to], ["Migrating the database", SCHEMA_STEPS.length]);
  assert.deepEqual(others, []);
});

/** The definition of the table in the fourth step. */
const OUTBOX_ROW =
  `INSERT INTO outbox (id, chatId, occurrences, deviceIds, attempts, createdAt, dueAt)
  VALUES (?, NULL, '[]', NULL, 0, 1, 1)`;

Deno.test("Database writes of one turn share a transaction", async () => {
  await using dir = await TempDir.make("sqlite_database");
  const path = dir.join("store.db");
  const store = new SqliteStore(path);
  const other = new DatabaseSync(path, { readOnly: true });
  const seen = () => Number(other.prepare("SELECT count(*) AS n FROM users").get()!.n);
  // A transaction that takes long is divided, so a busy machine may need several attempts.
  let together = 0;
  for (let attempts = 0; together < 4 && attempts < 20; attempts++) {
    const before = seen();
    const first = store.users.create(aUser()).then(seen);
    const rest = [aUser(), aUser(), aUser()].map((user) => store.users.create(user));
    assert.equal(seen(), before);
    together = await first - before;
    await Promise.all(rest);
  }
  assert.equal(together, 4, "the first answer comes when all four are committed");
  other.close();
  await store.close();
});

Deno.test("Database writes that have resolved are on disk when the process dies", async () => {
  await using dir = await TempDir.make("sqlite_database");
  const path = dir.join("store.db"), copy = dir.join("copy.db");
  const store = new SqliteStore(path);
  const { messages } = await storedChat(store, { messages: [{ text: "kept" }] });
  // The files as a crash would leave them: not closed, not checkpointed.
  for (const suffix of ["", "-wal"]) await Deno.copyFile(path + suffix, copy + suffix);
  await store.close();
  const recovered = new SqliteStore(copy);
  assert.deepEqual(await recovered.messages.byId(messages[0].id), messages[0]);
  await recovered.close();
});

function run(module: string, ...args: string[]): Promise<Deno.CommandOutput> {
  const flags = ["run", "--no-check", "--allow-read", "--allow-write", "--allow-env"];
  const config = new URL("../../deno.json", import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: [...flags, "--config", config, module, ...args],
  })
    .output();
}

function setVersion(path: string, version: number): void {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA user_version = ${version}`);
  db.close();
}

Deno.test("Database waits for another process's lock without blocking reads and timers", async () => {
  await using dir = await TempDir.make("sqlite_database");
  const path = dir.join("store.db");
  const store = new SqliteStore(path);
  const user = aUser();
  await store.users.create(user);
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  let isWritten = false;
  const write = store.users.update(user.id, { bio: "later" }).then(() => isWritten = true);
  // If the thread slept, the write would have failed before the first of these.
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal((await store.users.byId(user.id))?.bio, user.bio);
  }
  assert.equal(isWritten, false);
  other.exec("ROLLBACK");
  await write;
  assert.equal((await store.users.byId(user.id))?.bio, "later");
  other.close();
  await store.close();
});

Deno.test("Database writes what it has accepted when it closes while another process has the lock", async () => {
  await using dir = await TempDir.make("sqlite_database");
  const path = dir.join("store.db");
  const store = new SqliteStore(path);
  const user = aUser();
  await store.users.create(user);
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  const write = store.users.update(user.id, { bio: "later" });
  const closed = store.close();
  await new Promise((resolve) => setTimeout(resolve, 1));
  other.exec("ROLLBACK");
  other.close();
  await Promise.all([write, closed]);
  const next = new SqliteStore(path);
  assert.equal((await next.users.byId(user.id))?.bio, "later");
  await next.close();
});
