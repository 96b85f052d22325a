import assert from "node:assert/strict";
import { get, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { compressed, isCompressible } from "../../src/http/compression.ts";
import { RunningApp } from "../support/running_app.ts";
import { upload } from "../support/uploads.ts";

interface RawAnswer {
  headers: IncomingMessage["headers"];
  status: number;
  body: Uint8Array;
}

/** Returns the raw response: `fetch` would decode it. */
function ask(url: string, headers: Record<string, string> = {}): Promise<RawAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  get(url, { headers: { "accept-encoding": "br, gzip;q=0.9", connection: "close", ...headers } })
    .on("error", reject)
    .on("response", async (response) => {
      const { statusCode, headers } = response;
      resolve({ status: statusCode!, headers, body: await buffer(response) });
    });
  return promise;
}

Deno.test("pages, documents and long JSON are compressed for clients that accept it", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const text = "words ".repeat(400);
  const { chatId } = (await app.client(ann).post("/api/messages", {
    recipientId: bob.id,
    text,
  })).body;
  const authorization = `Bearer ${ann.token}`;
  const paths = ["/docs/swagger-ui.css", "/api/openapi.json"];
  const tagged: string[] = [];
  for (const path of [...paths, `/api/messages/${chatId}`]) {
    const plain = await ask(app.url + path, { authorization, "accept-encoding": "gzip;q=0" });
    assert.equal(plain.headers["content-encoding"], undefined, path);
    const packed = await ask(app.url + path, { authorization });
    assert.equal(packed.headers["content-encoding"], "gzip", path);
    assert.match(packed.headers.vary!, /Accept-Encoding/, path);
    assert.deepEqual(new Uint8Array(gunzipSync(packed.body)), new Uint8Array(plain.body), path);
    assert(packed.body.length < plain.body.length / 2, path);
    const { etag } = packed.headers;
    if (etag === undefined) continue;
    tagged.push(path);
    assert.equal(etag, `W/${plain.headers.etag}`);
    assert.equal((await ask(app.url + path, { "if-none-match": etag })).status, 304, path);
  }
  assert.deepEqual(tagged, paths);
});

Deno.test("short responses, secrets and files of users are not compressed", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const authorization = `Bearer ${ann.token}`;
  const { id } = (await upload(app, ann, "text ".repeat(1000))).body;
  const whole = await ask(`${app.url}/api/media/${id}`, { authorization });
  assert.deepEqual([whole.status, whole.body.length], [200, 5000]);
  for (
    const path of [
      "/healthz",
      "/api/users/profile",
      `/api/media/${id}`,
      `/api/auth/oauth/start/${"x".repeat(2000)}`,
      "/api/users/export",
    ]
  ) {
    const { headers } = await ask(app.url + path, { authorization });
    assert.equal(headers["content-encoding"], undefined, path);
  }
});

Deno.test("isCompressible excludes every response with a token, a code or a signed URL", () => {
  const json = () => new Response("{}", { headers: { "content-type": "application/json" } });
  const secret = [
    "/api/auth/login",
    "/api/auth/2fa/enable",
    "/api/media/presign",
    "/api/media/1/link",
  ];
  for (const path of secret) assert.equal(isCompressible(path, json()), false, path);
  for (const path of ["/api/messages/1", "/api/sync", "/api/media/1/info"]) {
    assert.equal(isCompressible(path, json()), true, path);
  }
  const attachment = json();
  attachment.headers.set("content-disposition", "attachment");
  assert.equal(isCompressible("/api/users/export", attachment), false);
});

Deno.test("compressed names Accept-Encoding once in Vary and keeps the other names", async () => {
  const request = new Request("https://chat.example.org/");
  const varyOf = async (vary?: string) => {
    const response = new Response("", { headers: vary === undefined ? {} : { vary } });
    return (await compressed(request, response)).headers.get("vary");
  };
  assert.equal(await varyOf(), "Accept-Encoding");
  assert.equal(await varyOf("Origin"), "Origin, Accept-Encoding");
  for (const vary of ["Accept-Encoding", "Origin, accept-encoding"]) {
    assert.equal(await varyOf(vary), vary);
  }
});
