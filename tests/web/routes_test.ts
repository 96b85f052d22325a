import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { Hono } from "hono";
import type { HttpEnv } from "../../src/http/http_env.ts";
import { mountWebPage, type PageOptions } from "../../src/web/routes.ts";

function page(options?: PageOptions): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  mountWebPage(app, options);
  return app;
}

/** Returns the paths of all files that the page names, directly or through another file. */
async function pathsOf(app: Hono<HttpEnv>): Promise<Map<string, Response>> {
  const seen = new Map<string, Response>();
  const html = await (await app.request("/")).text();
  const pending = [...html.matchAll(/(?:src|href)="(\/web\/[^"]+)"/g)].map(([, path]) => path);
  for (const path of pending) {
    if (seen.has(path)) continue;
    const response = await app.request(path);
    seen.set(path, response);
    if (!path.endsWith(".js")) continue;
    const text = await response.clone().text();
    for (const [, name] of text.matchAll(/(?:from|import)\s*\(?"\.\/([^"]+)"/g)) {
      pending.push(`/web/${name}`);
    }
  }
  return seen;
}

Deno.test("the page has a content security policy that allows no foreign source", async () => {
  const response = await page().request("/");
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type")!, /^text\/html/);
  const policy = response.headers.get("content-security-policy")!;
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /require-trusted-types-for 'script'; trusted-types realtimechat$/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  const html = await response.text();
  assert.doesNotMatch(html, /<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/);
});

Deno.test("the policy allows the media bucket, and only for media", async () => {
  const app = page({ mediaOrigin: "https://bucket.example" });
  const policy = (await app.request("/")).headers.get("content-security-policy")!;
  const naming = policy.split("; ").filter((part) => part.includes("https://bucket.example"));
  assert.deepEqual(naming.map((part) => part.split(" ")[0]), [
    "img-src",
    "media-src",
    "connect-src",
  ]);
});

Deno.test("every file that the page names exists, and may be cached forever", async () => {
  const files = await pathsOf(page());
  assert(files.size >= 4);
  for (const [path, { status, headers }] of files) {
    assert.equal(status, 200, path);
    assert.match(headers.get("cache-control")!, /immutable/, path);
    assert.match(path, /-[0-9a-zA-Z]{8,10}\.\w+$/, "named by its content");
    if (path.endsWith(".js")) assert.match(headers.get("content-type")!, /^text\/javascript/);
  }
});

Deno.test("the page itself is revalidated each time, and not sent again while it is unchanged", async () => {
  const app = page();
  const first = await app.request("/");
  assert.equal(first.headers.get("cache-control"), "no-cache");
  const etag = first.headers.get("etag")!;
  await first.body?.cancel();
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const again = await app.request("/", { headers: { "if-none-match": known } });
    assert.deepEqual([again.status, await again.text()], [304, ""]);
  }
  const other = await app.request("/", { headers: { "if-none-match": '"other"' } });
  assert.equal(other.status, 200);
  await other.body?.cancel();
});

Deno.test("files are sent in Brotli or gzip to clients that accept it, and uncompressed to others", async () => {
  const app = page();
  const path = [...(await pathsOf(app)).keys()].find((each) => each.endsWith(".css"))!;
  const ask = async (accept?: string) => {
    const headers = accept === undefined ? undefined : { "accept-encoding": accept };
    const response = await app.request(path, { headers });
    const body = Buffer.from(await response.arrayBuffer());
    assert.equal(response.headers.get("content-length"), String(body.length));
    assert.match(response.headers.get("vary")!, /Accept-Encoding/);
    return { coding: response.headers.get("content-encoding"), body };
  };
  const plain = await ask();
  assert.equal(plain.coding, null);
  const brotli = await ask("gzip, deflate, br");
  assert.equal(brotli.coding, "br");
  assert.deepEqual(brotliDecompressSync(brotli.body), plain.body);
  const gzip = await ask("gzip, br;q=0");
  assert.equal(gzip.coding, "gzip");
  assert.deepEqual(gunzipSync(gzip.body), plain.body);
  assert.equal((await ask("identity, *;q=0")).coding, null);
});

Deno.test("the page offers only the configured providers", async () => {
  const html = await (await page({ providers: ["google=Google", "acme=A%26B"] }).request("/"))
    .text();
  assert.match(html, /<meta name="providers" content="google=Google acme=A%26B">/);
  assert.match(await (await page().request("/")).text(), /<meta name="providers" content="">/);
});

Deno.test("only the page's own files are served", async () => {
  const app = page();
  for (
    const path of [
      "/web/nothing.js",
      "/web/..%2froutes.ts",
      "/web/%2e%2e%2froutes.ts",
      "/web/",
      "/web/index.html",
      "/web/main.tsx",
    ]
  ) {
    const response = await app.request(path);
    assert.equal(response.status, 404, path);
    await response.body?.cancel();
  }
});

Deno.test("the service worker is served at the top, and asked for again by browsers", async () => {
  const app = page();
  const { status, headers, body } = await app.request("/service_worker.js");
  await body?.cancel();
  assert.equal(status, 200);
  assert.match(headers.get("content-type")!, /^text\/javascript/);
  assert.equal(headers.get("cache-control"), "no-cache");
  assert.match(headers.get("content-security-policy")!, /require-trusted-types-for 'script'/);
  const again = await app.request("/service_worker.js", {
    headers: { "if-none-match": headers.get("etag")! },
  });
  assert.equal(again.status, 304);
  assert.equal((await app.request("/web/service_worker.js")).status, 404);
});

Deno.test("the manifest names the app and icons that exist, one of them maskable", async () => {
  const app = page();
  const worker = await (await app.request("/service_worker.js")).text();
  const { paths } = JSON.parse(worker.slice("self.shell=".length, worker.indexOf(";\n")));
  const path = await manifestPath(app, paths);
  const response = await app.request(path);
  assert.match(response.headers.get("content-type")!, /^application\/manifest\+json/);
  const { name, start_url, display, icons } = await response.json();
  assert.deepEqual([name, start_url, display], ["RealTimeChat", "/", "standalone"]);
  assert(icons.some(({ purpose }: { purpose?: string }) => purpose === "maskable"));
  for (const size of ["192x192", "512x512"]) {
    assert(icons.some(({ sizes }: { sizes: string }) => sizes === size), size);
  }
  for (const { src, type } of icons) {
    const icon = await app.request(src);
    assert.equal(icon.status, 200, src);
    assert.equal(icon.headers.get("content-type"), type);
    assert((await icon.arrayBuffer()).byteLength > 0);
  }
});

/** The page adds the manifest once it is usable, so that a script names it. */
async function manifestPath(app: Hono<HttpEnv>, paths: string[]): Promise<string> {
  for (const path of paths.filter((each) => each.endsWith(".js"))) {
    const text = await (await app.request(path)).text();
    const found = text.match(/"(\/web\/manifest-[^"]+)"/);
    if (found) return found[1];
  }
  throw new Error("No script names the manifest");
}
