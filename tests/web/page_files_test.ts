import assert from "node:assert/strict";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { pageFile } from "../../src/web/page_files.ts";

const BYTES = new TextEncoder().encode("words, words, words");

Deno.test("a file of the page has the media type of its ending, and is refused without one", () => {
  assert.equal(pageFile("index.html", BYTES).type, "text/html; charset=utf-8");
  assert.equal(pageFile("main.1a2b.js", BYTES).type, "text/javascript; charset=utf-8");
  assert.throws(() => pageFile("main.wasm", BYTES), /Cannot serve main.wasm of the page/);
});

Deno.test("a file of the page is packed once for each coding, and has the digest of its bytes", async () => {
  const file = pageFile("main.css", BYTES);
  const [br, gzip] = [file.packed("br"), file.packed("gzip")];
  assert.equal(file.packed("br"), br);
  assert.equal(file.packed("gzip"), gzip);
  assert.deepEqual(new Uint8Array(brotliDecompressSync(await br)), BYTES);
  assert.deepEqual(new Uint8Array(gunzipSync(await gzip)), BYTES);
  assert.equal(pageFile("other.css", BYTES).etag, file.etag);
  assert.notEqual(pageFile("main.css", BYTES.slice(1)).etag, file.etag);
});
