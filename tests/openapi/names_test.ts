import assert from "node:assert/strict";
import { describedIn, documents, objectsIn } from "./document.ts";

const CAMEL = /^[a-z][A-Za-z0-9]*$/;
const PASCAL = /^[A-Z][A-Za-z0-9]*$/;

Deno.test("OpenAPI: names of operations are unique and in camel case", async () => {
  const { openApi } = await documents();
  const names = describedIn(openApi).map(([, , { operationId }]) => operationId);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(names.filter((name) => !CAMEL.test(name)), []);
});

Deno.test("OpenAPI: names of schemas, parameters and fields are in camel case", async () => {
  const { openApi } = await documents();
  const schemas = Object.keys(openApi.components.schemas);
  assert.deepEqual(schemas.filter((name) => !PASCAL.test(name)), []);
  for (const [path, method, { parameters = [] }] of describedIn(openApi)) {
    const named = parameters.filter((one) => one.in !== "header").map(({ name }) => name);
    assert.deepEqual(named.filter((name) => !CAMEL.test(name)), [], `${method} ${path}`);
  }
  // Kinds of notifications are values elsewhere, and keep their spelling as fields.
  const values = /NotificationKinds|NotificationChangeRequest\/properties\/kinds/;
  for (const [at, { properties }] of objectsIn(openApi)) {
    if (typeof properties !== "object" || values.test(at)) continue;
    assert.deepEqual(Object.keys(properties).filter((name) => !CAMEL.test(name)), [], at);
  }
});

Deno.test("OpenAPI: objects and unions of requests and responses have names", async () => {
  const { openApi } = await documents();
  for (const [path, method, { requestBody, responses }] of describedIn(openApi)) {
    for (const one of [requestBody, ...Object.values(responses)]) {
      const schema = one?.content?.["application/json"]?.schema;
      const isNamed = schema === undefined || schema.$ref !== undefined ||
        (schema.properties === undefined && schema.oneOf === undefined);
      assert(isNamed, `${method} ${path}`);
    }
  }
});
