import assert from "node:assert/strict";
import { type Documents, documents, objectsIn } from "./document.ts";
import type { AnySchema } from "../tools/operation_fields.ts";

/** Ids that the client or the customer chooses, which are no UUIDs. */
const OTHERS = ["clientId", "externalId"];

/** Names that end as ids do, and fields that contain an id under another name. */
const isId = (name: string) =>
  /^(id|\w+Id|replyTo|createdBy|resolvedBy)$/.test(name) && !OTHERS.includes(name);
const areIds = (name: string) => /^(\w+Ids|mentions)$/.test(name);

/** Returns the schema behind references, and beside null. */
function plain(schema: AnySchema, components: Documents["openApi"]["components"]): AnySchema {
  const form = schema.anyOf?.[0] ?? schema;
  const name = form.$ref?.split("/").at(-1);
  return name === undefined ? form : components.schemas[name];
}

Deno.test("an id is a UUID in requests and in responses, by every name", async () => {
  const { openApi, asyncApi } = await documents();
  let checked = 0;
  for (const document of [openApi, asyncApi]) {
    const isFrame = (at: string) => /components\/messages\/.*\/payload$/.test(at);
    for (const [at, { properties }] of objectsIn(document)) {
      if (typeof properties !== "object") continue;
      for (const [name, schema] of Object.entries<AnySchema>(properties)) {
        // The number by which a client matches replies; and the number of unread mentions.
        if ((name === "id" && isFrame(at)) || schema.type === "integer") continue;
        const one = isId(name)
          ? schema
          : areIds(name)
          ? plain(schema, document.components).items
          : null;
        if (one === null) continue;
        checked++;
        assert.equal(plain(one, document.components).format, "uuid", `${at}/${name}`);
      }
    }
  }
  assert(checked > 100);
});

Deno.test("OpenAPI: ids in paths and queries are UUIDs as those in bodies are", async () => {
  const { openApi } = await documents();
  for (const [at, { in: place, name, schema }] of objectsIn(openApi)) {
    if (schema === undefined || !["path", "query"].includes(place) || !isId(name)) continue;
    assert.equal(plain(schema, openApi.components).format, "uuid", at);
  }
});
