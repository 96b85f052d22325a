import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { Upload, type UploadOptions } from "tus-js-client";
import type { Person } from "../support/people.ts";
import { Random } from "../support/random_bytes.ts";
import { RunningApp } from "../support/running_app.ts";
import { bytesRequest, download } from "../support/uploads.ts";
import { s3Environment, sharedS3 } from "../support/versitygw.ts";

const s3 = sharedS3();

function test(name: string, run: (app: RunningApp, ann: Person) => Promise<void>): void {
  const on = (environment: () => Record<string, string>) => async () => {
    await using app = await RunningApp.start(environment());
    const { ann } = await app.people("ann");
    await run(app, ann);
    assert.deepEqual(app.log, []);
  };
  const loose = { sanitizeOps: false, sanitizeResources: false };
  Deno.test({ name: `${name} (disk)`, ...loose, fn: on(() => ({})) });
  const onS3 = on(() => s3Environment(s3.server()));
  Deno.test({ name: `${name} (S3)`, ...loose, ignore: s3.missing, fn: onS3 });
}

const UPLOADS = "/api/media/uploads";
const PATCH_TYPE = "application/offset+octet-stream";
const BYTES = new Random(5).bytes(200_000);

function tus(
  app: RunningApp,
  person: Person,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: BodyInit,
) {
  const init = { headers: { "tus-resumable": "1.0.0", ...headers }, body };
  return bytesRequest(app, person, method, path, init);
}

function patch(offset: number): Record<string, string> {
  return { "upload-offset": String(offset), "content-type": PATCH_TYPE };
}

async function create(app: RunningApp, person: Person, headers: Record<string, string>) {
  const created = await tus(app, person, "POST", UPLOADS, headers);
  assert.equal(created.status, 201, JSON.stringify(created.body));
  return created.headers.get("location")!;
}

const named = (name: string) => `filename ${Buffer.from(name).toString("base64")}`;
const idIn = (url: string) => url.split("/").at(-1)!;

/** Uploads with the official client; resolves with the upload's URL. */
function byClient(app: RunningApp, person: Person, bytes: Uint8Array, options: UploadOptions) {
  return new Promise<string>((resolve, reject) => {
    const upload = new Upload(Buffer.from(bytes), {
      endpoint: `${app.url}${UPLOADS}`,
      headers: { authorization: `Bearer ${person.token}` },
      metadata: { filename: "client.bin" },
      retryDelays: null,
      onError: reject,
      onSuccess: () => resolve(upload.url!),
      ...options,
    });
    upload.start();
  });
}

test(
  "the official client uploads whole, in chunks, in parallel, with the creation, and empty files",
  async (app, ann) => {
    const ways: [string, Uint8Array, UploadOptions][] = [
      ["whole", BYTES, {}],
      ["in chunks", BYTES, { chunkSize: 70_000 }],
      ["in parallel", BYTES, { parallelUploads: 3 }],
      ["with the creation", BYTES, { uploadDataDuringCreation: true }],
      ["by POST", BYTES, { overridePatchMethod: true }],
      ["an empty file", new Uint8Array(), {}],
    ];
    for (const [way, bytes, options] of ways) {
      const url = await byClient(app, ann, bytes, options);
      const { body: info } = await app.client(ann).get(`/api/media/${idIn(url)}/info`);
      assert.deepEqual([info.name, info.size], ["client.bin", bytes.length], way);
      const whole = await download(app, ann, info.id);
      assert.deepEqual([whole.status, Buffer.compare(whole.body, bytes)], [200, 0], way);
    }
    const { openUploads } = (await app.client(ann).get("/api/media/usage")).body;
    assert.equal(openUploads, 0, "no part remains");
  },
);

test("an empty file is finished by its creation", async (app, ann) => {
  const path = await create(app, ann, { "upload-length": "0", "upload-metadata": named("e.txt") });
  const { headers } = await tus(app, ann, "HEAD", path);
  assert.deepEqual([headers.get("upload-offset"), headers.get("upload-length")], ["0", "0"]);
  const { body } = await app.client(ann).get(`/api/media/${idIn(path)}/info`);
  assert.deepEqual([body.name, body.size], ["e.txt", 0]);
});

test(
  "HEAD returns the metadata unchanged, during the upload and after it",
  async (app, ann) => {
    const metadata = `${named("a.bin")},empty,color cmVk`;
    const path = await create(app, ann, { "upload-length": "4", "upload-metadata": metadata });
    const head = async () => (await tus(app, ann, "HEAD", path)).headers.get("upload-metadata");
    assert.equal(await head(), metadata);
    assert.equal((await tus(app, ann, "PATCH", path, patch(0), "abcd")).status, 204);
    assert.equal(await head(), metadata);
  },
);

test(
  "the method may be in X-HTTP-Method-Override, and every response names the version",
  async (app, ann) => {
    const path = await create(app, ann, { "upload-length": "4" });
    const override = (method: string) => ({ "x-http-method-override": method });
    const sent = await tus(app, ann, "POST", path, { ...patch(0), ...override("PATCH") }, "abcd");
    assert.equal(sent.status, 204);
    const state = await tus(app, ann, "POST", path, override("HEAD"));
    assert.equal(state.headers.get("upload-offset"), "4");
    const other = await create(app, ann, { "upload-length": "4" });
    assert.equal((await tus(app, ann, "POST", other, override("DELETE"))).status, 204);
    const plain = await tus(app, ann, "POST", other);
    assert.equal(plain.status, 405);
    assert.equal(plain.headers.get("allow"), "DELETE, GET, HEAD, OPTIONS, PATCH");
    const answers = [
      await tus(app, ann, "HEAD", other),
      await tus(app, ann, "PATCH", other, patch(0), "x"),
      await tus(app, ann, "POST", UPLOADS, { "upload-length": "x" }),
      await bytesRequest(app, null, "HEAD", path),
      await tus(app, ann, "PATCH", path, { ...patch(0), "tus-resumable": "0.2.2" }, "x"),
      await tus(app, ann, "HEAD", path, { "tus-resumable": "0.2.2" }),
    ];
    assert.deepEqual(answers.map(({ status }) => status), [404, 404, 400, 401, 412, 412]);
    for (const { headers, status } of answers) {
      assert.equal(headers.get("tus-resumable"), "1.0.0");
      assert.equal(headers.get("tus-version"), status === 412 ? "1.0.0" : null);
    }
  },
);

test("bytes with a wrong checksum are not appended", async (app, ann) => {
  const options = await bytesRequest(app, null, "OPTIONS", UPLOADS);
  assert.equal(options.headers.get("tus-checksum-algorithm"), "sha1,sha256,md5");
  const path = await create(app, ann, { "upload-length": String(BYTES.length) });
  const digest = (algorithm: string, bytes: Uint8Array) =>
    createHash(algorithm).update(bytes).digest("base64");
  const send = async (offset: number, bytes: Uint8Array<ArrayBuffer>, checksum: string) => {
    const headers = { ...patch(offset), "upload-checksum": checksum };
    return (await tus(app, ann, "PATCH", path, headers, bytes)).status;
  };
  const [first, rest] = [BYTES.slice(0, 50_000), BYTES.slice(50_000)];
  assert.equal(await send(0, first, `sha1 ${digest("sha1", rest)}`), 460);
  assert.equal(await send(0, first, `crc32 ${digest("sha1", first)}`), 400);
  assert.equal((await tus(app, ann, "HEAD", path)).headers.get("upload-offset"), "0");
  assert.equal(await send(0, first, `sha1 ${digest("sha1", first)}`), 204);
  assert.equal(await send(50_000, rest, `sha256 ${digest("md5", rest)}`), 460);
  assert.equal(await send(50_000, rest, `sha256 ${digest("sha256", rest)}`), 204);
  assert.equal(Buffer.compare((await download(app, ann, idIn(path))).body, BYTES), 0);
});

test("partial uploads are concatenated, and are not files themselves", async (app, ann) => {
  const { bob } = await app.people("bob");
  const part = async (bytes: Uint8Array<ArrayBuffer>, sent = bytes) => {
    const headers = { "upload-length": String(bytes.length), "upload-concat": "partial" };
    const path = await create(app, ann, headers);
    assert.equal((await tus(app, ann, "PATCH", path, patch(0), sent)).status, 204);
    return path;
  };
  const [a, b] = [await part(BYTES.slice(0, 90_000)), await part(BYTES.slice(90_000))];
  const head = await tus(app, ann, "HEAD", a);
  assert.deepEqual(
    [head.headers.get("upload-concat"), head.headers.get("upload-offset")],
    ["partial", "90000"],
  );
  assert.equal((await download(app, ann, idIn(a))).status, 404);
  assert.equal((await app.client(ann).post(`/api/media/${idIn(a)}/complete`)).status, 409);
  const unfinished = await part(BYTES.slice(0, 10), BYTES.slice(0, 5));
  const join = (person: Person, ...urls: string[]) =>
    tus(app, person, "POST", UPLOADS, {
      "upload-concat": `final;${urls.join(" ")}`,
      "upload-metadata": named("whole.bin"),
    });
  assert.equal((await join(ann, a, unfinished)).status, 409);
  assert.equal((await join(bob, a, b)).status, 404);
  assert.equal((await join(ann, a, "nonsense")).status, 400);
  const created = await join(ann, a, `${app.url}${b}`);
  assert.equal(created.status, 201, JSON.stringify(created.body));
  const path = created.headers.get("location")!;
  const state = await tus(app, ann, "HEAD", path);
  assert.match(state.headers.get("upload-concat")!, /^final;/);
  assert.equal(state.headers.get("upload-length"), String(BYTES.length));
  assert.equal((await tus(app, ann, "PATCH", path, patch(BYTES.length), "x")).status, 403);
  assert.equal(Buffer.compare((await download(app, ann, idIn(path))).body, BYTES), 0);
  assert.equal((await tus(app, ann, "HEAD", a)).status, 404, "the parts are gone");
});
