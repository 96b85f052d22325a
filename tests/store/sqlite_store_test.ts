import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import type { Store } from "../../src/store/store.ts";
import { storeContract } from "../contract/store/suite.ts";
import { recordStatements } from "../support/prepared_statements.ts";
import { TempDir } from "../support/temp_dir.ts";

const recorded = recordStatements();

storeContract("SQLite", async () => {
  const dir = await TempDir.make("sqlite_store");
  const stores: Store[] = [];
  const open = () => {
    const store = new SqliteStore(dir.join("store.db"));
    stores.push(store);
    return store;
  };
  return {
    store: open(),
    second: () => Promise.resolve(open()),
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store.close();
      await dir[Symbol.asyncDispose]();
    },
  };
});

/** Statements that may read a whole table: the table stays short, or they stop at a limit. */
const WHOLE_TABLE_READ = [
  /^SCAN erasures$/, // Those under way.
  /^SCAN leases$/, // One for each task.
  /^SCAN outbox$/, // Entries that another process has claimed, and those of forgotten leases.
  /^SCAN unindexed$/, // Up to a limit, in order of the key.
  /^SCAN chats USING (COVERING )?INDEX chats_abandoned$/, // A partial index, up to a limit.
];

/** The last test of the file: by then the contract has run the statements of every method. */
Deno.test("SqliteStore's statements seek: none reads a whole table that grows", async () => {
  await using dir = await TempDir.make("sqlite_plans");
  const path = dir.join("store.db");
  await new SqliteStore(path).close();
  const statements = [...recorded].filter((sql) =>
    /^\s*(select|insert|update|delete)\b/i.test(sql)
  );
  assert.ok(statements.length > 200, `only ${statements.length} statements were recorded`);
  const file = new DatabaseSync(path);
  file.exec(
    "CREATE VIRTUAL TABLE temp.index_terms USING fts5vocab('main', 'message_index', 'instance')",
  );
  const growing = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
    .map(({ name }) => String(name)).filter((name) => !/^(sqlite_|message_index)/.test(name));
  const faults: string[] = [];
  for (const sql of statements) {
    if (MIGRATING.test(sql) || FIRST_PAGE.test(sql)) continue;
    const plan = file.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) =>
      String(detail)
    );
    const scans = plan.filter((line) =>
      growing.includes(/^SCAN (\w+)/.exec(line)?.[1] ?? "") &&
      !WHOLE_TABLE_READ.some((allowed) => allowed.test(line))
    );
    const readsFromStart = /IS NULL OR \w+ [<>]/.test(sql);
    if (scans.length > 0 || readsFromStart) faults.push(`${sql}\n  ${plan.join("\n  ")}`);
  }
  file.close();
  assert.deepEqual(faults, []);
});

/** First page of a table that is copied to another store, in the order of its key. */
const FIRST_PAGE = /^SELECT [\w., ]+ FROM \w+ +ORDER BY \w+(, \w+)* LIMIT 0 \+ \?$/;

/** Of schema steps, which run before any request is served. */
const MIGRATING = /FROM users WHERE deletedAt IS NULL$/;
