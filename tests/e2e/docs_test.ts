import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { RunningApp } from "../support/running_app.ts";
import { requireService } from "../support/services.ts";
import { skipWithout } from "../support/skip.ts";

Deno.test("the OpenAPI document is valid, and has every operation with all of its answers", async () => {
  await using app = await RunningApp.start();
  const { body: document } = await app.client().get("/api/openapi.json");
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors)?.slice(0, 2_000));
  assert.match(document.openapi, /^3\.1\./);
  for (const { name, rest, input, output } of app.app.operations) {
    if (!rest) continue;
    const path = `/api${rest.path.replaceAll(/:([^/]+)/g, "{$1}")}`;
    const described = document.paths[path]?.[rest.method.toLowerCase()];
    assert.equal(described?.operationId, name, `${rest.method} ${path}`);
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

Deno.test({
  name: "/docs shows every operation in a browser that reaches nothing but this server",
  ignore: skipWithout("browser"),
  // The browser's driver keeps timers and pipes of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using app = await RunningApp.start();
    const { chromium } = await import("playwright-core");
    const browser = await chromium.launch({
      executablePath: requireService("browser"),
      args: ["--no-sandbox"],
    });
    try {
      const page = await browser.newPage();
      const strange: string[] = [];
      const faults: string[] = [];
      await page.route("**/*", (route) => {
        const url = route.request().url();
        if (url.startsWith(app.url) || url.startsWith("data:")) return route.continue();
        strange.push(url);
        return route.abort();
      });
      page.on("pageerror", (error) => faults.push(error.message));
      page.on("console", (line) => line.type() === "error" && faults.push(line.text()));
      await page.goto(`${app.url}/docs`);
      await page.waitForSelector(".opblock", { timeout: 30_000 });
      const shown = await page.locator(".opblock").count();
      const { body } = await app.client().get("/api/openapi.json");
      const documented = Object.values<object>(body.paths).flatMap((methods) =>
        Object.keys(methods).filter((name) =>
          /^(get|put|post|delete|patch|head|options)$/.test(name)
        )
      );
      assert.equal(shown, documented.length);
      assert.deepEqual(strange, []);
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
    }
  },
});
