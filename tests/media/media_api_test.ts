import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { eventually } from "../support/eventually.ts";
import { flag, latin1, withMetadata } from "../support/pictures.ts";
import { RunningApp } from "../support/running_app.ts";
import { bytesRequest, download, upload } from "../support/uploads.ts";

const TEXT = new TextEncoder().encode("The quick brown fox jumps over the lazy dog.\n");

Deno.test("an upload's type is detected, it is hashed, and served with Range and conditions", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const created = await upload(app, ann, TEXT, { name: "../..\\photo.png" });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  const { id, ...media } = created.body;
  assert.equal(created.headers.get("location"), `/api/media/${id}`);
  assert.deepEqual({ ...media, createdAt: "" }, {
    kind: "file",
    type: "text/plain; charset=utf-8",
    name: "photo.png",
    size: TEXT.length,
    width: null,
    height: null,
    thumbHash: null,
    ownerId: ann.id,
    encrypted: false,
    sha256: createHash("sha256").update(TEXT).digest("hex"),
    hasThumbnail: false,
    createdAt: "",
  });
  const info = await app.client(ann).get(`/api/media/${id}/info`);
  assert.deepEqual(info.body, created.body);

  const whole = await download(app, ann, id);
  assert.equal(whole.status, 200);
  assert.deepEqual(whole.body, TEXT);
  const etag = whole.headers.get("etag")!;
  const expected = {
    "content-type": "text/plain; charset=utf-8",
    "content-disposition": 'attachment; filename="photo.png.txt"',
    "x-content-type-options": "nosniff",
    "cache-control": "private, max-age=31536000, immutable",
    "accept-ranges": "bytes",
    "content-length": String(TEXT.length),
    "etag": `"${media.sha256}"`,
  };
  for (const [name, value] of Object.entries(expected)) {
    assert.equal(whole.headers.get(name), value, name);
  }
  assert.match(whole.headers.get("content-security-policy")!, /sandbox/);

  const last = TEXT.length - 1;
  const ranges: [string, number, string | null, Uint8Array][] = [
    ["bytes=4-8", 206, `bytes 4-8/${TEXT.length}`, TEXT.slice(4, 9)],
    ["bytes=40-", 206, `bytes 40-${last}/${TEXT.length}`, TEXT.slice(40)],
    ["bytes=-5", 206, `bytes ${last - 4}-${last}/${TEXT.length}`, TEXT.slice(-5)],
    ["bytes=0-9999", 206, `bytes 0-${last}/${TEXT.length}`, TEXT],
    ["bytes=0-1,4-5", 200, null, TEXT],
    ["lines=1-2", 200, null, TEXT],
    ["bytes=9-3", 200, null, TEXT],
  ];
  for (const [range, status, contentRange, body] of ranges) {
    const part = await download(app, ann, id, { range });
    assert.deepEqual([part.status, part.headers.get("content-range")], [status, contentRange]);
    assert.deepEqual(part.body, body, range);
  }
  for (const range of ["bytes=45-", "bytes=900-901", "bytes=-0"]) {
    const beyond = await download(app, ann, id, { range });
    assert.equal(beyond.status, 416, range);
    assert.equal(beyond.body.code, "range_not_satisfiable");
    assert.equal(beyond.headers.get("content-range"), `bytes */${TEXT.length}`);
  }
  const modified = whole.headers.get("last-modified")!;
  const conditions: [HeadersInit, number][] = [
    [{ "if-none-match": etag }, 304],
    [{ "if-none-match": `"other", W/${etag}` }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"other"' }, 200],
    [{ "if-none-match": '"other"', "if-modified-since": modified }, 200],
    [{ "if-modified-since": modified }, 304],
    [{ "if-match": etag }, 200],
    [
      { "if-match": `"other", ${etag}`, "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT" },
      200,
    ],
    [{ "if-match": "*", "range": "bytes=0-1" }, 206],
    [{ "if-match": '"other"' }, 412],
    [{ "if-match": `W/${etag}` }, 412],
    [{ "if-unmodified-since": modified }, 200],
    [{ "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT" }, 412],
    [{ "range": "bytes=0-1", "if-range": etag }, 206],
    [{ "range": "bytes=0-1", "if-range": modified }, 206],
    [{ "range": "bytes=0-1", "if-range": '"other"' }, 200],
  ];
  for (const [headers, status] of conditions) {
    assert.equal((await download(app, ann, id, headers)).status, status, JSON.stringify(headers));
  }
  const head = await bytesRequest(app, ann, "HEAD", `/api/media/${id}`);
  assert.equal(head.status, 200);
  assert.equal(head.headers.get("etag"), etag);
  assert.equal(head.body.length, 0);
  assert.equal((await download(app, ann, id, {}, "?thumbnail")).status, 404);
  assert.equal((await download(app, ann, id, {}, "?size=1")).status, 400);
  assert.deepEqual(app.log, []);
});

Deno.test("an image loses its metadata and gets a thumbnail, dimensions and a hash", async () => {
  await using app = await RunningApp.start();
  const { ann } = await app.people("ann");
  const jpeg = withMetadata(await flag(64, 40, ".jpg"), 6);
  const created = await upload(app, ann, jpeg, { name: "holiday.jpg" });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  const { id, kind, type, width, height, thumbHash, hasThumbnail, size } = created.body;
  assert.deepEqual([kind, type, width, height, hasThumbnail], [
    "image",
    "image/jpeg",
    40,
    64,
    true,
  ]);
  assert.match(thumbHash, /^[A-Za-z0-9+/=]{20,}$/);
  const whole = await download(app, ann, id);
  assert.equal(whole.body.length, size);
  assert.equal(whole.headers.get("content-disposition"), 'inline; filename="holiday.jpg"');
  assert(!String.fromCharCode(...whole.body).includes("Exif"), "the metadata is gone");
  const small = await download(app, ann, id, {}, "?thumbnail");
  assert.equal(small.status, 200);
  assert.equal(small.headers.get("content-type"), "image/webp");
  assert.notEqual(small.headers.get("etag"), whole.headers.get("etag"));
});

Deno.test("a forbidden upload is rejected and leaves nothing behind", async () => {
  await using app = await RunningApp.start({
    LIMIT_FILE_BYTES: "2000",
    LIMIT_IMAGE_BYTES: "3000",
    LIMIT_IMAGE_PIXELS: "10000",
  });
  const { ann } = await app.people("ann");
  const refusals: [string, Uint8Array<ArrayBuffer> | string, number, string][] = [
    ["too large", "x".repeat(2001), 413, "payload_too_large"],
    ["a bomb", await flag(200, 200, ".png"), 400, "invalid_request"],
    ["not an image", latin1("\xff\xd8\xff\xe0 not a jpeg at all"), 400, "invalid_request"],
    ["HEIC", latin1("\0\0\0\x18ftypheic\0\0\0\0heicmif1"), 415, "unsupported_media_type"],
  ];
  for (const [label, bytes, status, code] of refusals) {
    const answer = await upload(app, ann, bytes);
    assert.deepEqual([answer.status, answer.body.code], [status, code], label);
  }
  const send = (body: BodyInit, headers: HeadersInit = {}) =>
    bytesRequest(app, ann, "POST", "/api/media/upload", { body, headers });
  const form = { "content-type": "multipart/form-data; boundary=b" };
  const part = (name: string, value: string, more = "") =>
    `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
  const file = part("file", "hello", '; filename="a.txt"');
  const bad: [string, string, HeadersInit, number][] = [
    ["JSON", "{}", { "content-type": "application/json" }, 415],
    ["a compressed form", "x", { ...form, "content-encoding": "gzip" }, 415],
    ["no file", part("chatId", "x") + "--b--", form, 400],
    ["an unknown field", file + part("role", "admin") + "--b--", form, 400],
    ["two files", file + file + "--b--", form, 400],
    ["a broken form", file, form, 400],
    ["no boundary in the body", "hello", form, 400],
    ["endless headers", `--b\r\n${"x".repeat(40_000)}`, form, 400],
    ["an unknown chat", file + part("chatId", ann.id) + "--b--", form, 404],
    ["a chatId that is not an id", file + part("chatId", '{"$gt":""}') + "--b--", form, 400],
  ];
  for (const [label, body, headers, status] of bad) {
    const answer = await send(body, headers);
    assert.equal(answer.status, status, `${label}: ${JSON.stringify(answer.body)}`);
  }
  const good = await send(`preamble\r\n${file}--b--epilogue`, form);
  assert.equal(good.status, 201, JSON.stringify(good.body));
  const anonymous = await bytesRequest(app, null, "POST", "/api/media/upload", { body: "x" });
  assert.equal(anonymous.status, 401);
  const store = await app.openStore();
  const rows = await store.media.ofOwner(ann.id, null, 99);
  assert.deepEqual(rows.map(({ status }) => status), ["ready"]);
  await store.close();
  assert.deepEqual(await filesIn(`${app.config.dataDir}/media`), [
    `media%2F${good.body.id}%2Ffile`,
  ]);
  assert.deepEqual(app.log, []);
});

Deno.test("deleting the last message that carries a file, or the file, removes its bytes", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const client = app.client(ann);
  const files = () => filesIn(`${app.config.dataDir}/media`);
  const mediaId = (await upload(app, ann, TEXT)).body.id;
  const send = async (ids: string[]) => {
    const sent = await client.post("/api/messages", { recipientId: bob.id, mediaIds: ids });
    assert.equal(sent.status, 201, JSON.stringify(sent.body));
    return sent.body;
  };
  const first = await send([mediaId]), second = await send([mediaId]);
  assert.equal(first.kind, "media");
  assert.equal((await client.delete(`/api/messages/${first.id}`)).status, 204);
  assert.equal((await download(app, bob, mediaId)).status, 200);
  assert.equal((await client.delete(`/api/messages/${second.id}`)).status, 204);
  assert.equal((await download(app, bob, mediaId)).status, 404);
  await eventually("the bytes are gone", async () => (await files()).length === 0);
  assert.equal((await download(app, ann, mediaId)).status, 404);

  const other = (await upload(app, ann, TEXT)).body.id;
  const third = await send([other]);
  assert.equal((await app.client(bob).delete(`/api/media/${other}`)).status, 403);
  assert.equal((await client.delete(`/api/media/${other}`)).status, 204);
  assert.equal((await client.delete(`/api/media/${other}`)).status, 404);
  assert.deepEqual(await files(), []);
  const { items } = (await app.client(bob).get(`/api/messages/${third.chatId}`)).body;
  const left = items.find(({ id }: { id: string }) => id === third.id);
  assert.deepEqual(left.media, []);
  const again = await client.post("/api/messages", { recipientId: bob.id, mediaIds: [other] });
  assert.equal(again.status, 404);
});

async function filesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) names.push(...await filesIn(`${folder}/${entry.name}`));
    else names.push(entry.name);
  }
  return names;
}
