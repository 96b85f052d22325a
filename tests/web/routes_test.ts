import assert from "node:assert/strict";
import { Hono } from "hono";
import type { HttpEnv } from "../../src/http/http_env.ts";
import { mountWebPage } from "../../src/web/routes.ts";

function page(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  mountWebPage(app);
  return app;
}

Deno.test("the page brings a policy that lets nothing foreign in", async () => {
  const response = await page().request("/");
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type")!, /^text\/html/);
  const policy = response.headers.get("content-security-policy")!;
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  const html = await response.text();
  assert.doesNotMatch(html, /<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/);
});

Deno.test("every file that the page names is there, with its type", async () => {
  const app = page();
  const html = await (await app.request("/")).text();
  const pending = [...html.matchAll(/(?:src|href)="(\/web\/[^"]+)"/g)].map(([, path]) => path);
  const seen = new Set<string>();
  while (pending.length > 0) {
    const path = pending.pop()!;
    if (seen.has(path)) continue;
    seen.add(path);
    const response = await app.request(path);
    assert.equal(response.status, 200, path);
    const text = await response.text();
    if (!path.endsWith(".js")) continue;
    assert.match(response.headers.get("content-type")!, /^text\/javascript/);
    for (const [, name] of text.matchAll(/from "\.\/([^"]+)"/g)) pending.push(`/web/${name}`);
  }
  const files = [...Deno.readDirSync(new URL("../../src/web/page/", import.meta.url))];
  assert.equal(seen.size, files.length - 1, "all but the page itself are used");
});

Deno.test("a browser that has a file is told that it is still right", async () => {
  const app = page();
  const first = await app.request("/web/main.js");
  const etag = first.headers.get("etag")!;
  await first.body?.cancel();
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const again = await app.request("/web/main.js", { headers: { "if-none-match": known } });
    assert.deepEqual([again.status, await again.text()], [304, ""]);
  }
  const other = await app.request("/web/main.js", { headers: { "if-none-match": '"other"' } });
  assert.equal(other.status, 200);
  await other.body?.cancel();
});

Deno.test("nothing but the page's own files is served", async () => {
  const app = page();
  for (
    const path of ["/web/nothing.js", "/web/..%2froutes.ts", "/web/%2e%2e%2froutes.ts", "/web/"]
  ) {
    const response = await app.request(path);
    assert.equal(response.status, 404, path);
    await response.body?.cancel();
  }
});
