import assert from "node:assert/strict";
import { describedIn, documents } from "./document.ts";

Deno.test("OpenAPI: every operation has a summary and a description that differ", async () => {
  const { openApi } = await documents();
  for (const [path, method, { summary, description = "" }] of describedIn(openApi)) {
    assert(summary.length > 5, `${method} ${path}`);
    assert(description.length > 20 && description !== summary, `${method} ${path}`);
    assert.match(description, /access token|API key/, `${method} ${path}`);
    assert.match(description, /rate limit/, `${method} ${path}`);
  }
});

Deno.test("OpenAPI: every tag has a description, and every operation one of the tags", async () => {
  const { openApi } = await documents();
  for (const { name, description } of openApi.tags) {
    assert(description && description !== name, name);
  }
  const known = openApi.tags.map(({ name }) => name);
  for (const [path, method, { tags }] of describedIn(openApi)) {
    assert.equal(tags.length, 1, `${method} ${path}`);
    assert(known.includes(tags[0]), `${method} ${path}`);
  }
});

Deno.test("OpenAPI: every parameter and header has a description", async () => {
  const { openApi } = await documents();
  for (const [path, method, { parameters = [], responses }] of describedIn(openApi)) {
    for (const { name, schema, description = schema.description } of parameters) {
      const { $ref } = schema;
      const named = $ref && openApi.components.schemas[$ref.split("/").at(-1)!].description;
      assert(description ?? named, `${name} of ${method} ${path}`);
    }
    for (const { headers = {} } of Object.values(responses)) {
      for (
        const [name, header] of Object.entries<{ $ref?: string; description?: string }>(headers)
      ) {
        assert(header.$ref ?? header.description, `${name} of ${method} ${path}`);
      }
    }
  }
});
