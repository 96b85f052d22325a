import assert from "node:assert/strict";
import { openApiPaths } from "../../src/http/openapi_names.ts";
import { describedIn, documents } from "./document.ts";

Deno.test("OpenAPI: no two paths differ by the name of a parameter only", async () => {
  const { openApi } = await documents();
  const shapes = Object.keys(openApi.paths).map((path) => path.replaceAll(/\{\w+\}/g, "{}"));
  assert.deepEqual(shapes.filter((shape, at) => shapes.indexOf(shape) !== at), []);
  const shared = openApi.paths["/api/messages/{id}"];
  assert.deepEqual(Object.keys(shared).sort(), ["delete", "get", "put"]);
  const about = shared.get.parameters!.find((parameter) => parameter.in === "path");
  assert.equal(about?.name, "id");
});

Deno.test("OpenAPI: a path declares the parameters that it names, and no others", async () => {
  const { openApi } = await documents();
  for (const [path, method, { parameters = [] }] of describedIn(openApi)) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = parameters.filter((one) => one.in === "path").map(({ name }) => name);
    assert.deepEqual(declared.sort(), named.sort(), `${method} ${path}`);
  }
});

Deno.test("openApiPaths gives paths of one shape one name, and keeps the others", () => {
  const paths = openApiPaths(["/a/:x", "/a/:y", "/b/:x/c/:y", "/d/:id{[0-9]+}"]);
  assert.deepEqual([...paths.values()].map(({ path }) => path), [
    "/a/{id}",
    "/a/{id}",
    "/b/{x}/c/{y}",
    "/d/{id}",
  ]);
  assert.deepEqual([...paths.get("/a/:y")!.parameters], [["y", "id"]]);
});

Deno.test("OpenAPI: only what may have a body fails because of one", async () => {
  const { openApi } = await documents();
  const failing = (method: string) =>
    describedIn(openApi).filter(([, each]) => each === method)
      .filter(([, , { responses }]) => "413" in responses || "415" in responses).length;
  assert.ok(failing("post") > 0);
  assert.equal(failing("get"), 0);
});
