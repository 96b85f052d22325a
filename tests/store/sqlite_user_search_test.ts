import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { aUser } from "../contract/store/rows.ts";

Deno.test("SqliteStore finds users by a word that a thousand others have too", async () => {
  const store = new SqliteStore(":memory:");
  const named = (username: string, displayName: string) =>
    store.users.create(aUser({ username, displayName }));
  await Promise.all(
    Array.from({ length: 1_000 }, (_, n) => named(`x${1_000 + n}`, "田中 common")),
  );
  await named("zoe", "田中 common rare");
  const search = async (prefix: string, after: string | null = null) => {
    const found = await store.users.search({ prefix, after, hiddenFrom: newId(), limit: 2 });
    return found.users.map(({ username }) => username);
  };
  for (const query of ["田中", "common", "common 田中"]) {
    assert.deepEqual(await search(query), ["x1000", "x1001"], query);
    assert.deepEqual(await search(query, "x1998"), ["x1999", "zoe"]);
  }
  assert.deepEqual(await search("rare 田中"), ["zoe"]);
  await store.close();
});
