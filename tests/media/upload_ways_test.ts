import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { newId } from "../../src/core/ids.ts";
import { silentLog } from "../../src/core/log.ts";
import { DEFAULT_LIMITS } from "../../src/api/limits.ts";
import { DiskBlobStore } from "../../src/media/blobs/disk/blob_store.ts";
import { S3BlobStore } from "../../src/media/blobs/s3/blob_store.ts";
import { Leases } from "../../src/media/lease.ts";
import { MediaSweeper } from "../../src/media/media_sweeper.ts";
import { aMedia } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";
import type { Person } from "../support/people.ts";
import { flag } from "../support/pictures.ts";
import { Random } from "../support/random_bytes.ts";
import { RunningApp } from "../support/running_app.ts";
import { bytesRequest, download, upload } from "../support/uploads.ts";
import { s3Environment, sharedS3 } from "../support/versitygw.ts";

const s3 = sharedS3();

/** Runs the test on both blob stores. The S3 client keeps its connections open for a while. */
function test(name: string, run: (app: RunningApp, isS3: boolean) => Promise<void>): void {
  const on = (environment: () => Record<string, string>, isS3: boolean) => async () => {
    await using app = await RunningApp.start(environment());
    await run(app, isS3);
    assert.deepEqual(app.log, []);
  };
  const loose = { sanitizeOps: false, sanitizeResources: false };
  Deno.test({ name: `${name} (disk)`, ...loose, fn: on(() => ({}), false) });
  Deno.test({
    name: `${name} (S3)`,
    ...loose,
    ignore: s3.missing,
    fn: on(() => s3Environment(s3.server()), true),
  });
}

const UPLOADS = "/api/media/uploads";
const BYTES = new Random(3).bytes(300_000);
const SHA256 = sha256Of(BYTES);

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function tus(
  app: RunningApp,
  person: Person,
  method: string,
  path: string,
  init: RequestInit = {},
) {
  const headers = { "tus-resumable": "1.0.0", ...init.headers };
  return bytesRequest(app, person, method, path, { ...init, headers });
}

async function create(app: RunningApp, person: Person, size: number, name = "video.bin") {
  const metadata = `filename ${Buffer.from(name).toString("base64")},is_test`;
  const headers = { "upload-length": String(size), "upload-metadata": metadata };
  const created = await tus(app, person, "POST", UPLOADS, { headers });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  assert(Date.parse(created.headers.get("upload-expires")!) > Date.now());
  return created.headers.get("location")!;
}

function append(app: RunningApp, person: Person, path: string, offset: number, body: BodyInit) {
  const type = "application/offset+octet-stream";
  const headers = { "upload-offset": String(offset), "content-type": type };
  return tus(app, person, "PATCH", path, { headers, body });
}

test("a tus upload continues after an interruption, and is finished by its last bytes", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const options = await bytesRequest(app, null, "OPTIONS", UPLOADS);
  assert.equal(options.headers.get("tus-version"), "1.0.0");
  assert.equal(
    options.headers.get("tus-extension"),
    "creation,creation-with-upload,expiration,checksum,termination,concatenation",
  );
  const path = await create(app, ann, BYTES.length);
  const id = path.split("/").at(-1)!;
  const offsetOf = async () => (await tus(app, ann, "HEAD", path)).headers.get("upload-offset");
  assert.equal(await offsetOf(), "0");
  assert.equal((await append(app, ann, path, 0, BYTES.slice(0, 100_000))).status, 204);
  assert.equal(await offsetOf(), "100000");
  assert.equal((await append(app, ann, path, 0, BYTES)).status, 409);
  assert.equal((await append(app, bob, path, 100_000, BYTES)).status, 404);
  assert.equal((await download(app, ann, id)).status, 404, "not before it is complete");
  assert.equal((await app.client(ann).post(`/api/media/${id}/complete`)).status, 409);
  // The body is cut off at an unspecified offset, possibly at the declared end, so that nothing is
  // missing then.
  const tooMuch = new Blob([BYTES.slice(100_000), "more than declared"]);
  assert.equal((await append(app, ann, path, 100_000, tooMuch)).status, 413);
  const offset = Number(await offsetOf());
  assert(offset >= 100_000 && offset <= BYTES.length);
  const last = await append(app, ann, path, offset, BYTES.slice(offset));
  assert.equal(last.status, 204, JSON.stringify(last.body));
  assert.equal(last.headers.get("upload-offset"), String(BYTES.length));
  assert.equal(await offsetOf(), String(BYTES.length));
  const whole = await download(app, ann, id);
  assert.equal(sha256Of(whole.body), SHA256);
  const { body: info } = await app.client(ann).get(`/api/media/${id}/info`);
  assert.deepEqual([info.sha256, info.name, info.size], [SHA256, "video.bin", BYTES.length]);
  assert.equal((await app.client(ann).post(`/api/media/${id}/complete`)).status, 200);

  const other = await create(app, ann, 1000);
  assert.equal((await tus(app, ann, "DELETE", other)).status, 204);
  assert.equal((await tus(app, ann, "HEAD", other)).status, 404);
  const bad: [HeadersInit, number][] = [
    [{ "upload-length": "x" }, 400],
    [{}, 400],
    [{ "upload-length": "1", "tus-resumable": "0.2.2" }, 412],
    [{ "upload-length": String(2 ** 40) }, 413],
    [{ "upload-defer-length": "1" }, 400],
  ];
  for (const [headers, status] of bad) {
    const answer = await tus(app, ann, "POST", UPLOADS, { headers });
    assert.equal(answer.status, status, JSON.stringify(headers));
  }
});

Deno.test("a tus upload that is cut off exactly at its declared end is finished without more bytes", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const path = await create(app, ann, BYTES.length);
  const offsetOf = async () => (await tus(app, ann, "HEAD", path)).headers.get("upload-offset");
  const end = String(BYTES.length);
  const tooMuch = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(BYTES);
      await eventually("all have arrived", async () => await offsetOf() === end);
      controller.enqueue(BYTES);
      controller.close();
    },
  });
  assert.equal((await append(app, ann, path, 0, tooMuch)).status, 413);
  assert.equal(await offsetOf(), end);
  assert.equal((await append(app, ann, path, BYTES.length, "")).status, 204);
  assert.equal(sha256Of((await download(app, ann, path.split("/").at(-1)!)).body), SHA256);
});

/** A file of a type that is refused. */
const HEIC = new Uint8Array(5_000);
HEIC.set(new TextEncoder().encode("\0\0\0\x18ftypheic\0\0\0\0heicmif1"));

test("a tus upload of an image is stripped, and a rejected one leaves nothing behind", async (app) => {
  const { ann } = await app.people("ann");
  const png = await flag(40, 30, ".png");
  const path = await create(app, ann, png.length, "a.png");
  const half = png.length >> 1;
  await append(app, ann, path, 0, png.slice(0, half));
  assert.equal((await append(app, ann, path, half, png.slice(half))).status, 204);
  const id = path.split("/").at(-1)!;
  const { body } = await app.client(ann).get(`/api/media/${id}/info`);
  assert.deepEqual([body.kind, body.width, body.height, body.hasThumbnail], [
    "image",
    40,
    30,
    true,
  ]);
  const refused = await create(app, ann, HEIC.length);
  assert.equal((await append(app, ann, refused, 0, HEIC)).status, 415);
  assert.equal((await tus(app, ann, "HEAD", refused)).status, 404);
});

test("a direct upload follows its ticket, and is checked", async (app, isS3) => {
  const { ann, bob } = await app.people("ann", "bob");
  const client = app.client(ann);
  const prepare = async (size: number, type = "application/octet-stream") => {
    const { status, body } = await client.post("/api/media/presign", { name: "x.bin", type, size });
    assert.equal(status, 201, JSON.stringify(body));
    assert.equal(body.protocol, isS3 ? "s3" : "tus");
    return body;
  };
  // deno-lint-ignore no-explicit-any -- an unchanged ticket
  const put = async (ticket: any, bytes: Uint8Array<ArrayBuffer>) => {
    const headers = new Headers(ticket.headers);
    headers.delete("content-length");
    if (!isS3) headers.set("authorization", `Bearer ${ann.token}`);
    const url = new URL(ticket.url, app.url);
    const response = await fetch(url, { method: ticket.method, headers, body: bytes });
    await response.body?.cancel();
    return response.status;
  };
  const ticket = await prepare(BYTES.length);
  const complete = (mediaId: string, person = client) =>
    person.post(`/api/media/${mediaId}/complete`);
  assert.equal((await complete(ticket.mediaId)).status, 409, "nothing has arrived");
  assert.equal((await complete(ticket.mediaId, app.client(bob))).status, 404);
  if (isS3) {
    const again = await prepare(BYTES.length);
    assert.equal(await put(again, BYTES.slice(1)), 403, "the length is signed");
    const png = await flag(40, 30, ".png");
    const picture = await prepare(png.length, "image/png");
    assert.equal(await put(picture, png), 200);
    const { body } = await complete(picture.mediaId);
    assert.deepEqual([body.kind, body.width, body.hasThumbnail], ["image", 40, true]);
    const heic = await prepare(HEIC.length);
    assert.equal(await put(heic, HEIC), 200);
    assert.equal((await complete(heic.mediaId)).status, 415);
    assert.equal((await complete(heic.mediaId)).status, 404, "nothing of it is left");
  }
  assert((await put(ticket, BYTES)) < 300);
  const done = await complete(ticket.mediaId);
  assert.equal(done.status, 200, JSON.stringify(done.body));
  assert.deepEqual([done.body.sha256, done.body.size], [SHA256, BYTES.length]);
  assert.equal(sha256Of((await download(app, ann, ticket.mediaId)).body), SHA256);
  if (isS3) {
    assert.equal(await put(ticket, BYTES.map((byte) => byte ^ 1)), 200, "the URL is still valid");
    const kept = await download(app, ann, ticket.mediaId);
    assert.equal(sha256Of(kept.body), SHA256, "and changes nothing");
  }
  for (
    const [bad, status] of [
      [{ name: "x", type: "image/heic", size: 5 }, 415],
      [{ name: "x", type: "image/png", size: 2 ** 32 }, 413],
      [{ name: "x", type: "evil\r\nheader: x", size: 5 }, 400],
      [{ name: "x", type: "a/b", size: -1 }, 400],
      [{ name: "x", type: "a/b", size: 5, chatId: newId() }, 404],
    ] as const
  ) {
    const { status: answered, body } = await client.post("/api/media/presign", bad);
    assert.equal(answered, status, JSON.stringify(body));
  }
});

test("the sweeper removes unused and unfinished uploads after a day", async (app, isS3) => {
  const { ann, bob } = await app.people("ann", "bob");
  const client = app.client(ann);
  const blobs = isS3
    ? new S3BlobStore(s3.server().config)
    : new DiskBlobStore(`${app.config.dataDir}/media`);
  const store = await app.openStore();
  const [unused, sent] = [
    (await upload(app, ann, "unused")).body.id,
    (await upload(app, ann, "sent")).body.id,
  ];
  const avatar = (await upload(app, ann, await flag(40, 30, ".png"))).body.id;
  await client.put("/api/users/profile", { avatarMediaId: avatar });
  await client.post("/api/messages", { recipientId: bob.id, mediaIds: [sent] });
  const unfinished = (await create(app, ann, 1000)).split("/").at(-1)!;
  await append(app, ann, `${UPLOADS}/${unfinished}`, 0, "half");
  const ticket = (await client.post("/api/media/presign", {
    name: "x",
    type: "a/b",
    size: 5,
  })).body;
  // The state that a crash between storing the bytes and finishing the row leaves; the server does
  // not sweep yet.
  const checkAt = Date.now() + 3_600_000;
  const torn = aMedia({ ownerId: ann.id, status: "pending", sha256: "", checkAt });
  await store.media.create(torn);
  await blobs.put(`media/${torn.id}/file`, new Blob(["torn"]).stream(), { contentType: "a/b" });

  const clock = { now: () => Date.now() + 26 * 3_600_000 };
  const leases = new Leases(store.leases, clock);
  const references = { remove: () => Promise.resolve() };
  const sweeper = new MediaSweeper({
    store,
    blobs,
    references,
    leases,
    clock,
    log: silentLog,
    limits: DEFAULT_LIMITS,
  });
  assert.equal(await sweeper.sweep(), 4);
  assert.equal(await sweeper.sweep(), 0);
  await sweeper.close();
  const rows = await store.media.ofOwner(ann.id, null, 99);
  assert.deepEqual(rows.map(({ id }) => id).sort(), [sent, avatar].sort());
  for (const id of [unused, unfinished, ticket.mediaId, torn.id]) {
    assert.equal(await blobs.head(`media/${id}/file`), null);
    assert.equal((await download(app, ann, id)).status, 404);
  }
  for (const id of [sent, avatar]) assert.equal((await download(app, ann, id)).status, 200);
  await blobs.close();
  await store.close();
});
