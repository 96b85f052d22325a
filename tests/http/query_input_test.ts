import assert from "node:assert/strict";
import {
  convertParams,
  type FieldKinds,
  fieldKinds,
  queryInput,
} from "../../src/http/query_input.ts";
import { z } from "zod";

const KINDS: FieldKinds = {
  q: "text",
  limit: "number",
  online: "boolean",
  ids: "list",
  sizes: "numbers",
  custom: "record",
};

const parsed = (query: string) => queryInput(`/api/things?${query}`, KINDS);

Deno.test("queryInput converts a value to the kind of its field, and leaves the others text", () => {
  const cases: [query: string, input: object][] = [
    ["", {}],
    ["&&", {}],
    ["q=1&limit=1", { q: "1", limit: 1 }],
    ["limit=-1.5", { limit: -1.5 }],
    ["limit=1e3&q", { limit: "1e3", q: "" }],
    ["limit=0x10", { limit: "0x10" }],
    ["limit=", { limit: "" }],
    ["limit=12345678901234567", { limit: "12345678901234567" }],
    ["online=true", { online: true }],
    ["online=false", { online: false }],
    ["online=1", { online: "1" }],
    ["other=true", { other: "true" }],
    ["q=a%20b+c%2B&q%5F=d=e", { "q": "a b c+", "q_": "d=e" }],
  ];
  for (const [query, input] of cases) assert.deepEqual(parsed(query), input, query);
});

Deno.test("queryInput reads a list that is repeated, separated by commas, or both", () => {
  assert.deepEqual(parsed("ids=a&ids=b,c&ids=,"), { ids: ["a", "b", "c"] });
  assert.deepEqual(parsed("ids=a"), { ids: ["a"] });
  assert.deepEqual(parsed("sizes=1,x&sizes=2"), { sizes: [1, "x", 2] });
  assert.deepEqual(parsed("q=a&q=b"), { q: ["a", "b"] }, "the schema's error names it");
});

Deno.test("queryInput reads a record by its fields or as JSON", () => {
  const custom = { topic: "billing", "a-b": "1" };
  assert.deepEqual(parsed("custom.topic=billing&custom.a-b=1"), { custom });
  assert.deepEqual(parsed("custom[topic]=billing&custom%5Ba-b%5D=1"), { custom });
  assert.deepEqual(parsed(`custom=${encodeURIComponent('{"n":1}')}`), { custom: { n: 1 } });
  assert.deepEqual(parsed("custom={"), { custom: "{" });
  assert.deepEqual(parsed("custom=text&custom.a=1"), { custom: "text" });
  assert.deepEqual(parsed("q.a=1&q[b]=2"), { "q.a": "1", "q[b]": "2" }, "q is no record");
});

Deno.test("queryInput refuses the name __proto__ anywhere, and text that is no UTF-8", () => {
  for (
    const query of ["__proto__=1", "custom.__proto__=1", "custom[__proto__]=1", "%5f_proto__=1"]
  ) {
    assert.throws(() => parsed(query), { code: "invalid_request" }, query);
  }
  for (const query of ["q=%ff", "%ff=1"]) {
    assert.throws(() => parsed(query), { code: "invalid_request" }, query);
  }
});

Deno.test("queryInput reads the query between ? and #, if there is one", () => {
  assert.deepEqual(queryInput("/api/things", KINDS), {});
  assert.deepEqual(queryInput("/api/things?", KINDS), {});
  assert.deepEqual(queryInput("/api/things?limit=1#q=2", KINDS), { limit: 1 });
});

Deno.test("convertParams converts the parameters of a path, each once", () => {
  assert.deepEqual(convertParams({ limit: "2", id: "2", ids: "a,b" }, KINDS), {
    limit: 2,
    id: "2",
    ids: ["a", "b"],
  });
});

Deno.test("fieldKinds finds the kind of each field, optional, shared and in unions", () => {
  const shared = z.int();
  const schema = z.union([
    z.strictObject({
      q: z.string().optional(),
      limit: shared.default(5),
      online: z.boolean().nullable(),
      ids: z.array(z.string()),
    }),
    z.strictObject({
      sizes: z.array(z.number()),
      custom: z.record(z.string(), z.string()).optional(),
      kind: z.enum(["a", "b"]),
      either: z.union([z.string(), z.number()]),
      never: z.unknown(),
    }),
  ]);
  assert.deepEqual({ ...fieldKinds(schema) }, {
    ...KINDS,
    kind: "text",
    either: "number",
    never: "text",
  });
});
