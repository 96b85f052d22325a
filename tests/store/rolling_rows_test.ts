import assert from "node:assert/strict";
import { mongoRowsOf, RELEASES } from "../contract/store/fixtures/load.ts";
import { mongoCollections } from "../contract/store/fixtures/stored_rows.ts";
import { lackingFields, otherTypes } from "../contract/store/shape.ts";
import { sharedMongodb } from "../support/mongodb_server.ts";

/**
 * During a rolling deployment, instances of the previous release read rows that this one writes to
 * MongoDB: every field that they wrote has to exist, in a type that they wrote. They ignore further
 * fields. (SQLite's file has one host and a schema version, which an earlier release refuses.)
 */
const mongodb = sharedMongodb();
const newest = RELEASES.at(-1)!;

Deno.test({
  name: `current MongoDB rows have every field of release ${newest}, in the same types`,
  ignore: mongodb.missing,
  fn: async () => {
    const today = await mongoCollections(mongodb.uri());
    for (const [name, rows] of Object.entries(mongoRowsOf(newest).collections)) {
      const written = today.collections[name] ?? [];
      assert.ok(rows.length === 0 || written.length > 0, `nothing is written to ${name}`);
      for (const row of written) {
        assert.deepEqual(lackingFields(row, rows), [], `fields that rows of ${name} lack`);
        assert.deepEqual(otherTypes(row, rows), [], `types that are new in ${name}`);
      }
    }
  },
});

Deno.test("a field of another type than in earlier rows is named, at any depth", () => {
  const rows = [{ at: 1, name: null, list: [{ type: "a", size: 1 }] }];
  assert.deepEqual(otherTypes({ at: 2, name: "x", list: [] }, rows), []);
  assert.deepEqual(otherTypes({ at: "2", list: [{ type: "a", size: null }] }, rows), [
    "at: string",
    "list[].size: null",
  ]);
});
