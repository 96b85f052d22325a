import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { openApiName, openApiPaths } from "../../src/http/openapi_names.ts";
import { RunningApp } from "../support/running_app.ts";
import { requireService } from "../support/services.ts";
import { skipWithout } from "../support/skip.ts";

Deno.test("the OpenAPI document is valid, and has every operation with all of its responses", async () => {
  await using app = await RunningApp.start();
  const { body: document } = await app.client().get("/api/openapi.json");
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors)?.slice(0, 2_000));
  assert.match(document.openapi, /^3\.1\./);
  const paths = openApiPaths(app.app.operations.flatMap(({ rest }) => rest ? [rest.path] : []));
  for (const { name, rest, input, output } of app.app.operations) {
    if (!rest) continue;
    const path = `/api${paths.get(rest.path)!.path}`;
    const described = document.paths[path]?.[rest.method.toLowerCase()];
    assert.equal(described?.operationId, openApiName(name), `${rest.method} ${path}`);
    const status = String(rest.status ?? 200);
    assert.ok(described.responses[status], `${name} has no answer ${status}`);
    assert.equal(described.responses[status].content === undefined, output === null, name);
    const problems = Object.keys(described.responses).filter((code) => Number(code) >= 400);
    for (const code of ["400", "429"]) assert.ok(problems.includes(code), `${name} lacks ${code}`);
    const inPath = (rest.path.match(/:[^/]+/g) ?? []).length;
    const declared = (described.parameters ?? []).filter((one: { in: string }) =>
      one.in === "path"
    );
    assert.equal(declared.length, inPath, name);
    assert.ok(input, name);
  }
});

Deno.test("/docs/ serves the same page as /docs", async () => {
  await using app = await RunningApp.start();
  const [page, same] = await Promise.all(["/docs", "/docs/"].map((path) => fetch(app.url + path)));
  assert.deepEqual([page.status, same.status], [200, 200]);
  const text = await page.text();
  assert.match(text, /swagger-ui-bundle/);
  const headings = [...text.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, heading]) => heading);
  assert.deepEqual(headings, [
    "1. Sign in",
    "2. Receive events",
    "3. Or use the library",
    "Good to know",
  ]);
  const links = [...text.matchAll(/<a href="([^"]+)"/g)];
  assert.ok(links.length > 0);
  for (const [, link] of links) {
    const { status, body } = await fetch(app.url + link);
    await body?.cancel();
    assert.equal(status, 200, link);
  }
  assert.equal(await same.text(), text);
});

Deno.test({
  name: "/docs shows every operation in a browser that reaches only this server",
  ignore: skipWithout("browser"),
  fn: async () => {
    await using app = await RunningApp.start();
    const browser = requireService("browser");
    const script = new URL("../support/docs_in_browser.ts", import.meta.url).pathname;
    // A separate process: the browser's driver needs permissions that tests do not have.
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", script, browser, app.url],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const { body } = await app.client().get("/api/openapi.json");
    const methods = Object.values<object>(body.paths).flatMap((path) => Object.keys(path));
    const documented = methods.filter((name) =>
      /^(get|put|post|delete|patch|head|options)$/.test(name)
    );
    const seen = JSON.parse(new TextDecoder().decode(stdout));
    assert.deepEqual(seen, {
      shown: documented.length,
      strange: [],
      faults: [],
      isDark: [false, true],
      contrast: [true, true],
    });
  },
});
