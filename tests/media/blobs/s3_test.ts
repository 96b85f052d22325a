import assert from "node:assert/strict";
import { S3BlobStore } from "../../../src/media/blobs/s3/blob_store.ts";
import type { S3Config } from "../../../src/media/blobs/s3/connection.ts";
import { blobStoreContract, equal, hasCode } from "../../contract/blob_store.ts";
import { eventually } from "../../support/eventually.ts";
import { bodyOf, breakingOff, bytesOf, Random } from "../../support/random_bytes.ts";
import { findVersitygw, startS3 } from "../../support/versitygw.ts";

const PART_SIZE = 5 * 1024 * 1024;
const PNG = { contentType: "image/png" };

const versitygw = findVersitygw();

function s3Test(
  name: string,
  run: (store: S3BlobStore, config: S3Config, t: Deno.TestContext) => Promise<void>,
) {
  Deno.test("S3BlobStore signs URLs for the public address", async () => {
    const store = new S3BlobStore({
      bucket: "media",
      region: "us-east-1",
      endpoint: "http://minio.internal:9000",
      publicEndpoint: "https://files.example.com",
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    });
    const options = { contentType: "a/b", contentLength: 5, expiresIn: 60 };
    const { url } = await store.presignPut("staging/x", options);
    assert.equal(new URL(url).origin, "https://files.example.com");
    assert.equal(new URL(url).pathname, "/media/staging/x");
    const link = await store.presignGet("staging/x", { expiresIn: 60 });
    assert.equal(new URL(link).host, "files.example.com");
    await store.close();
  });

  Deno.test({ name, ignore: versitygw === null }, async (t) => {
    const server = await startS3(versitygw!);
    const config = { ...server.config, partSize: PART_SIZE };
    const store = new S3BlobStore(config);
    try {
      await run(store, config, t);
    } finally {
      await store.close();
      await server.stop();
    }
  });
}

s3Test("S3BlobStore fulfills the contract", async (store, config, t) => {
  const reopen = () => new S3BlobStore(config);
  await blobStoreContract({ store, partSize: PART_SIZE, reopen }, t);
});

s3Test("uses only its prefix", async (store, config) => {
  const inner = new S3BlobStore({ ...config, prefix: "chat/" });
  await inner.put("a", bodyOf(new Uint8Array([1])), PNG);
  assert.equal(await store.head("a"), null);
  assert.equal((await store.head("chat/a"))!.size, 1);
  const outside = await store.createUpload("outside", PNG);
  await store.appendUpload(outside, 0, bodyOf(new Uint8Array([1])));
  assert.equal(await inner.sweep(Date.now() + 60_000), 0);
  assert.equal(await store.uploadOffset(outside), 1);
  await inner.close();
});

s3Test("a tail that became part of a part is not counted again", async (store, config) => {
  // The state that a crash leaves between storing a part and deleting the tail it was created from.
  const bytes = new Random(71).bytes(PART_SIZE + 10);
  const upload = await store.createUpload("tails", PNG);
  const lost = new Error("the client went away");
  await assert.rejects(
    store.appendUpload(upload, 0, breakingOff(bytes.subarray(0, 100), lost)),
    lost,
  );
  const { S3 } = await import("@aws-sdk/client-s3");
  const connection = new S3({ ...config, forcePathStyle: true });
  const { Contents } = await connection.listObjectsV2({ Bucket: "media", Prefix: ".partial/" });
  const tail = await connection.getObject({ Bucket: "media", Key: Contents![0].Key });
  const kept = await tail.Body!.transformToByteArray();
  await store.appendUpload(upload, 100, bodyOf(bytes.subarray(100)));
  await connection.putObject({ Bucket: "media", Key: Contents![0].Key, Body: kept });
  assert.equal(await store.uploadOffset(upload), bytes.byteLength);
  await store.completeUpload(upload);
  assert.ok(equal(await bytesOf((await store.get("tails"))!.body), bytes));
  connection.destroy();
});

s3Test("a presigned PUT accepts only the signed type and length", async (store) => {
  const body = new Random(81).bytes(1000);
  const options = { contentType: "image/png", contentLength: 1000, expiresIn: 60 };
  const request = (await store.presignPut("direct", options))!;
  const send = (url: string, headers: Record<string, string>, bytes: Uint8Array<ArrayBuffer>) =>
    fetch(url, { method: "PUT", headers, body: bytes }).then(async (response) => {
      await response.body?.cancel();
      return response.status;
    });
  const { url, headers } = request;
  const wrongType = { ...headers, "content-type": "text/html" };
  assert.equal(await send(url, wrongType, body), 403);
  const noType = { "content-length": "1000" };
  assert.equal(await send(url, noType, body), 403);
  const longer = new Uint8Array(1001);
  assert.equal(await send(url, { ...headers, "content-length": "1001" }, longer), 403);
  const shorter = new Uint8Array(999);
  assert.equal(await send(url, { ...headers, "content-length": "999" }, shorter), 403);
  for (
    const tampered of [
      url.replace("direct", "other"),
      url.replace(/(?<=X-Amz-Signature=)./, flipHex),
    ]
  ) {
    assert.notEqual(tampered, url);
    assert.equal(await send(tampered, headers, body), 403);
  }
  const later = url.replace("X-Amz-Expires=60", "X-Amz-Expires=6000");
  assert.notEqual(later, url);
  assert.equal(await send(later, headers, body), 403);
  assert.equal(await store.head("direct"), null);
  assert.equal(await store.head("other"), null);

  assert.equal(await send(url, headers, body), 200);
  const info = await store.head("direct");
  assert.deepEqual([info!.size, info!.contentType], [1000, "image/png"]);
  assert.ok(equal(await bytesOf((await store.get("direct"))!.body), body));
});

s3Test("presigned URLs expire", async (store) => {
  await store.put("brief", bodyOf(new Uint8Array(10)), PNG);
  const put = { ...PNG, contentLength: 1, expiresIn: 1 };
  const request = (await store.presignPut("late", put))!;
  const get = await store.presignGet("brief", { expiresIn: 1 });
  await eventually("the URL has expired", async () => await statusOf(fetch(get)) === 403);
  const { url, method, headers } = request;
  assert.equal(await statusOf(fetch(url, { method, headers, body: new Uint8Array(1) })), 403);
  assert.equal(await store.head("late"), null);
});

s3Test("a presigned GET serves ranges, and the requested headers", async (store) => {
  const bytes = new Random(82).bytes(5000);
  await store.put("shown", bodyOf(bytes), PNG);
  const contentDisposition = `attachment; filename="a b.bin"; filename*=UTF-8''a%20b.bin`;
  const options = { expiresIn: 60, contentType: "application/octet-stream", contentDisposition };
  const url = await store.presignGet("shown", options);
  const response = await fetch(url, { headers: { range: "bytes=10-19" } });
  assert.equal(response.status, 206);
  assert.equal(response.headers.get("content-type"), "application/octet-stream");
  assert.equal(response.headers.get("content-disposition"), contentDisposition);
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), bytes.slice(10, 20));
  const asPage = url.replace("application%2Foctet-stream", "text%2Fhtml");
  assert.notEqual(asPage, url);
  assert.equal(await statusOf(fetch(asPage)), 403);
  assert.equal(await statusOf(fetch(url.replace("shown", "other"))), 403);
  assert.equal(await statusOf(fetch(url, { method: "DELETE" })), 403);
  assert.equal((await store.head("shown"))!.size, 5000);
});

Deno.test("S3BlobStore throws unavailable if the server is unreachable or the bucket is missing", {
  ignore: versitygw === null,
}, async () => {
  const server = await startS3(versitygw!);
  const elsewhere = new S3BlobStore({ ...server.config, bucket: "missing" });
  const strangerKeys = { accessKeyId: "test-access", secretAccessKey: "wrong" };
  const stranger = new S3BlobStore({ ...server.config, credentials: strangerKeys });
  const store = new S3BlobStore(server.config);
  await assert.rejects(elsewhere.get("a"), hasCode("unavailable"));
  await assert.rejects(elsewhere.put("a", bodyOf(new Uint8Array(1)), PNG), hasCode("unavailable"));
  await assert.rejects(stranger.get("a"), hasCode("unavailable"));
  await server.stop();
  await assert.rejects(store.get("a"), hasCode("unavailable"));
  await assert.rejects(store.head("a"), hasCode("unavailable"));
  for (const each of [elsewhere, stranger, store]) await each.close();
});

Deno.test("S3BlobStore rejects part sizes that S3 would reject", () => {
  const config = { bucket: "media", region: "us-east-1", partSize: PART_SIZE - 1 };
  assert.throws(() => new S3BlobStore(config), hasCode("invalid_request"));
});

function flipHex(digit: string): string {
  return digit === "0" ? "1" : "0";
}

async function statusOf(pending: Promise<Response>): Promise<number> {
  const response = await pending;
  await response.body?.cancel();
  return response.status;
}
