import assert from "node:assert/strict";
import { type Documents, documents, objectsIn } from "./document.ts";

const both = ({ openApi, asyncApi }: Documents) => [
  ...objectsIn(openApi),
  ...objectsIn(asyncApi, "async#"),
];

Deno.test("the documents have null only as one of several types, or beside a reference", async () => {
  for (const [at, schema] of both(await documents())) {
    if (schema.type !== "null") continue;
    assert.match(at, /\/anyOf\/1$/, at);
  }
  for (const [at, { anyOf }] of both(await documents())) {
    if (anyOf === undefined) continue;
    const [form, other] = anyOf;
    assert.equal(anyOf.length, 2, at);
    assert(form.$ref !== undefined && other.type === "null", `${at} should be a oneOf`);
  }
});

Deno.test("patterns in the documents are short, and use only syntax of every language's engine", async () => {
  for (const [at, schema] of both(await documents())) {
    if (typeof schema.pattern !== "string") continue;
    assert.equal(schema.format, undefined, `${at} has a pattern beside its format`);
    assert(schema.pattern.length < 60, `${at}: ${schema.pattern}`);
    assert.doesNotMatch(schema.pattern, /\\p\{|\\u|\(\?[=!<]/, at);
    new RegExp(schema.pattern);
  }
});

Deno.test("every integer in the documents has a maximum", async () => {
  for (const [at, schema] of both(await documents())) {
    if (![schema.type].flat().includes("integer")) continue;
    const fits = schema.maximum !== undefined && schema.maximum < 2 ** 31;
    if (schema.format === "int32") {
      assert(fits || /Problem|Retry-After/.test(at), `${at} may pass 2^31`);
    } else assert.equal(schema.format, "int64", at);
  }
});

Deno.test("a response may gain fields, and a request may not", async () => {
  const { openApi } = await documents();
  const { Message, MessageEditRequest } = openApi.components.schemas;
  assert.equal(Message.additionalProperties, undefined);
  assert.equal(MessageEditRequest.additionalProperties, false);
});

Deno.test("no default in the documents is an object", async () => {
  for (const [at, schema] of both(await documents())) {
    if (at.endsWith("/properties") || schema.default === undefined) continue;
    assert(typeof schema.default !== "object" || Array.isArray(schema.default), at);
  }
});

Deno.test("no schema in the documents has an empty list of required fields", async () => {
  const lists = both(await documents()).filter(([at, { required }]) =>
    !at.endsWith("/properties") && Array.isArray(required)
  );
  assert(lists.length > 0);
  for (const [at, { required }] of lists) assert.notEqual(required!.length, 0, at);
});
