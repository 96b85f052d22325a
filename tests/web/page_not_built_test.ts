import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { Hono } from "hono";
import type { HttpEnv } from "../../src/http/http_env.ts";
import type { PageOptions } from "../../src/web/routes.ts";
import { Clone } from "./clone.ts";

/** Serves the page of the clone. */
async function served(clone: Clone, options: PageOptions): Promise<Hono<HttpEnv>> {
  const routes = await import(pathToFileURL(clone.path("src/web/routes.ts")).href);
  const app = new Hono<HttpEnv>();
  app.onError(({ message }, c) => c.text(message, 500));
  routes.mountWebPage(app, options);
  return app;
}

async function look(app: Hono<HttpEnv>, path = "/"): Promise<{ status: number; text: string }> {
  const response = await app.request(path);
  return { status: response.status, text: await response.text() };
}

/** The server itself may start no process: its launcher builds the page. */
const BUILT_BY_OTHERS = { onDenoDeploy: true };

Deno.test("the page says that it is being built, and is there once it is", async () => {
  await using clone = await Clone.make();
  const app = await served(clone, BUILT_BY_OTHERS);
  const before = await app.request("/");
  assert.equal(before.status, 503);
  assert.match(await before.text(), /being built/);
  assert.ok(Number(before.headers.get("retry-after")) > 0);
  assert.equal(before.headers.get("cache-control"), "no-store");
  assert.match(before.headers.get("content-security-policy")!, /default-src 'none'/);
  for (const path of ["/service_worker.js", "/web/main.js"]) {
    assert.equal((await look(app, path)).status, 404, path);
  }
  assert.equal(await clone.build(), 0);
  const { status, text } = await look(app);
  assert.equal(status, 200);
  assert.match(text, /\/web\/main-[0-9a-f]{10}\.js/);
});

Deno.test("a page that cannot be read fails by a reason, and is read again at the next request", async () => {
  await using clone = await Clone.make();
  assert.equal(await clone.build(), 0);
  const [build] = await clone.builds();
  const stray = `dist/page/${build}/notes.odt`;
  await clone.write(stray, "");
  const app = await served(clone, BUILT_BY_OTHERS);
  assert.deepEqual(await look(app), {
    status: 500,
    text: "Cannot serve notes.odt of the page: its ending has no media type",
  });
  await Deno.remove(clone.path(stray));
  assert.equal((await look(app)).status, 200);
});

Deno.test("the server builds a missing page where it may start the bundler, and nowhere else", async () => {
  await using clone = await Clone.make();
  await clone.write(
    "src/web/look.ts",
    `import { readPage } from "./page_files.ts";
    console.log((await readPage({ mayBuild: true }))?.has("index.html") ?? "not built");`,
  );
  for (const permissions of [["--allow-read"], ["--allow-read", "--allow-run"]]) {
    const { code, out } = await clone.run("src/web/look.ts", permissions);
    assert.deepEqual([code, out], [0, "not built"]);
  }
  assert.equal((await clone.run("src/web/look.ts", ["-A"])).out, "true");
  assert.equal((await clone.run("src/web/look.ts", ["--allow-read"])).out, "true");
});
