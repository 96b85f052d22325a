import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { z } from "zod";
import { openApiDocument } from "../../src/http/openapi.ts";
import { operation } from "../../src/api/operation.ts";
import { openApiName } from "../../src/http/openapi_names.ts";
import type { AnySchema } from "../tools/operation_fields.ts";
import { demoApp, demoOperations, send } from "./demo.ts";

const operations = demoOperations().map((bound) => bound.operation);
const document = openApiDocument(operations, { version: "1", publicUrl: null });

// deno-lint-ignore no-explicit-any -- the document is read as its consumers do
const described = (path: string, method: string) => document.paths[path][method] as any;

const bodyOf = ({ requestBody }: { requestBody: AnySchema }): AnySchema => {
  const { $ref } = requestBody.content["application/json"].schema;
  return document.components.schemas[$ref.split("/").at(-1)!];
};

Deno.test("the document is valid OpenAPI 3.1", async () => {
  const result = await new Validator().validate({ ...structuredClone(document) });
  assert.deepEqual(result.errors ?? [], []);
  assert.equal(result.valid, true);
  const broken = { ...structuredClone(document), paths: { "/x": { get: { responses: 5 } } } };
  assert.equal((await new Validator().validate(broken)).valid, false);
});

Deno.test("every reference of the OpenAPI document resolves", () => {
  const text = JSON.stringify(document);
  const names = [...text.matchAll(/"#\/components\/(\w+)\/([\w-]+)"/g)];
  assert(names.length > 0);
  for (const [, kind, name] of names) {
    const components = document.components as unknown as Record<string, Record<string, unknown>>;
    assert(components[kind]?.[name], `${kind}/${name}`);
  }
  assert(!text.includes("#/$defs/"));
});

Deno.test("the OpenAPI document has every operation with its path, parameters, body, responses and errors", () => {
  for (const { rest, name } of operations) {
    const path = `/api${rest!.path.replaceAll(/:(\w+)/g, "{$1}")}`;
    assert.equal(described(path, rest!.method.toLowerCase()).operationId, openApiName(name));
  }
  const create = described("/api/notes", "post");
  assert.deepEqual(Object.keys(create.responses), [
    "200",
    "201",
    "400",
    "401",
    "408",
    "413",
    "415",
    "429",
    "500",
    "503",
  ]);
  assert.equal(create.requestBody.required, true);
  const change = described("/api/notes/{noteId}", "put");
  assert.deepEqual(
    change.parameters.map((one: { name: string; in: string }) => [one.name, one.in]),
    [
      ["noteId", "path"],
    ],
  );
  const body = bodyOf(change);
  assert.deepEqual(Object.keys(body.properties), ["text"]);
  assert.deepEqual(body.required, ["text"]);
  assert.equal(body.additionalProperties, false);
  assert("404" in change.responses);
  const list = described("/api/notes", "get").parameters;
  const limit = list.find(({ name }: { name: string }) => name === "limit");
  assert.deepEqual([limit.in, limit.required, limit.schema.type], ["query", false, "integer"]);
  assert(!("content" in described("/api/notes/{noteId}", "delete").responses["204"]));
  assert.deepEqual(described("/api/me", "get").security, []);
  assert.match(described("/api/admin/ping", "post").responses["403"].description, /`forbidden`/);
});

Deno.test("path parameters are removed from every form of a body", () => {
  const share = described("/api/notes/{noteId}/share", "post");
  const forms = bodyOf(share).oneOf;
  assert.deepEqual(forms.map((form: { properties: object }) => Object.keys(form.properties)), [
    ["userId"],
    ["email", "days"],
  ]);
});

Deno.test("a named schema that differs between input and output has two components", () => {
  const Thing = z.strictObject({ n: z.int().default(1) }).meta({ id: "Thing" });
  const made = operation({
    name: "thing.make",
    summary: "",
    tag: "t",
    access: "public",
    limit: "write",
    input: () => z.strictObject({ thing: Thing }),
    output: () => Thing,
    rest: { method: "POST", path: "/things" },
  });
  const { components } = openApiDocument([made], { version: "1", publicUrl: null });
  assert.equal(components.schemas.Thing.required, undefined);
  assert.deepEqual(components.schemas.ThingOutput.required, ["n"]);
});

Deno.test("raw routes are part of the OpenAPI document", async () => {
  const withRaw = openApiDocument(operations, {
    version: "1",
    publicUrl: "https://chat.example.com",
    rawRoutes: [{
      method: "GET",
      path: "/api/media/:mediaId",
      name: "media.get",
      summary: "The bytes of an upload",
      description: "All of them",
      tag: "Media",
      access: "session",
      parameters: [{ name: "mediaId", in: "path", required: true, schema: { type: "string" } }],
      responses: { "200": { description: "The bytes", content: { "*/*": {} } } },
      errors: ["not_found", "range_not_satisfiable"],
    }],
  });
  assert.deepEqual(withRaw.servers, [{ url: "https://chat.example.com" }]);
  assert.equal((await new Validator().validate({ ...structuredClone(withRaw) })).valid, true);
  const raw = withRaw.paths["/api/media/{mediaId}"].get as { responses: object };
  assert.deepEqual(Object.keys(raw.responses), [
    "200",
    "400",
    "401",
    "404",
    "416",
    "429",
    "500",
    "503",
  ]);
});

Deno.test("the document is served, with a page that shows it without requests to other hosts", async () => {
  const { app } = demoApp();
  const served = await send(app, "GET", "/api/openapi.json", undefined, { authorization: "" });
  assert.equal(served.status, 200);
  assert.equal(served.body.openapi, "3.1.0");
  assert.equal(served.body.info.version, "1.2.3");
  const etag = served.headers.get("etag")!;
  const again = await send(app, "GET", "/api/openapi.json", undefined, { "if-none-match": etag });
  assert.deepEqual([again.status, again.text], [304, ""]);
  const page = await send(app, "GET", "/docs");
  assert.equal(page.status, 200);
  const policy = page.headers.get("content-security-policy")!;
  assert.match(policy, /default-src 'none'.*connect-src 'self'/);
  const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link);
  assert.equal(links.length, 8);
  for (const link of links) {
    // The second document is served by the socket transports.
    if (link === "data:," || link === "/api/asyncapi.json") continue;
    assert(link.startsWith("/") && !link.startsWith("//"), link);
    const asset = await send(app, "GET", link);
    assert.equal(asset.status, 200, link);
    assert(asset.text.length > 100, link);
  }
  const script = await send(app, "GET", "/docs/swagger-ui-bundle.js");
  assert.match(script.headers.get("content-type")!, /^text\/javascript/);
  assert.match(script.text, /SwaggerUIBundle/);
});
