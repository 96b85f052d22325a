import assert from "node:assert/strict";
import { AppError, type ErrorCode } from "../../src/core/errors.ts";
import type { BlobStore } from "../../src/media/blobs/blob_store.ts";
import { byteLimitStream } from "../../src/media/byte_limit_stream.ts";
import { Sha256Stream } from "../../src/media/sha256_stream.ts";
import { memoryHeld } from "../support/memory_held.ts";
import { bodyOf, breakingOff, bytesOf, Random, randomlyChunked } from "../support/random_bytes.ts";

const MIB = 1024 * 1024;
const TEXT = { contentType: "text/plain" };

/**
 * Contract of every adapter. Bodies are split at `partSize`, so that tests can use sizes around it.
 */
export interface BlobStoreUnderTest {
  store: BlobStore;
  partSize: number;
  /** A second store over the same data, as after a restart. */
  reopen(): BlobStore;
}

type Step = (name: string, run: (test: BlobStoreUnderTest) => Promise<void>) => Promise<void>;

/** Runs each step against the result of `start`; the caller cleans up. */
export async function blobStoreContract(test: BlobStoreUnderTest, t: Deno.TestContext) {
  const step: Step = async (name, run) => {
    await t.step(name, () => run(test));
  };
  await wholeBlobs(step);
  await ranges(step);
  await failures(step);
  await copies(step);
  await resumable(step);
  await sweeping(step);
  await flatMemory(step);
}

export function hasCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, code, error.message);
    return true;
  };
}

async function wholeBlobs(step: Step) {
  await step("returns the stored bytes", async ({ store, partSize }) => {
    const random = new Random(11);
    for (const size of [0, 1, 1000, partSize - 1, partSize, partSize + 1, 2 * partSize + 77]) {
      const bytes = random.bytes(size);
      const put = await store.put(`a/${size}`, randomlyChunked(bytes, random, 200_000), TEXT);
      assert.deepEqual([put.key, put.size, put.contentType], [`a/${size}`, size, "text/plain"]);
      assert.match(put.etag, /^"[^"]+"$/);
      assert.deepEqual(await store.head(`a/${size}`), put);
      const found = await store.get(`a/${size}`);
      assert.deepEqual(found!.info, put);
      assert.deepEqual(found!.range, size === 0 ? null : { start: 0, end: size - 1 });
      assert.ok(equal(await bytesOf(found!.body), bytes), `${size} bytes`);
    }
  });

  await step("replaces a blob, and a reader continues with the old one", async ({ store }) => {
    const old = new Random(12).bytes(3 * MIB);
    const first = await store.put("replaced", bodyOf(old), TEXT);
    const reading = (await store.get("replaced"))!.body;
    const second = await store.put("replaced", bodyOf(new Uint8Array([1, 2])), {
      contentType: "image/png",
    });
    assert.notEqual(first.etag, second.etag);
    assert.ok(equal(await bytesOf(reading), old));
    assert.deepEqual(await store.head("replaced"), second);
    assert.deepEqual(await bytesOf((await store.get("replaced"))!.body), new Uint8Array([1, 2]));
  });

  await step(
    "returns null for a missing blob, and deletes it again without an error",
    async ({ store }) => {
      await store.put("gone", bodyOf(new Uint8Array([1])), TEXT);
      await store.delete("gone");
      await store.delete("gone");
      assert.equal(await store.head("gone"), null);
      assert.equal(await store.get("gone"), null);
      assert.equal(await store.get("never", { start: 0, end: 1 }), null);
    },
  );

  await step("rejects keys and types that could be misinterpreted", async ({ store }) => {
    const keys = [
      "",
      "/a",
      "a/",
      "a//b",
      "../a",
      "a/../b",
      ".partial/x",
      "a/.b",
      "A",
      "a b",
      "a\0",
    ];
    for (const key of [...keys, "a\\b", "a%2fb", "ä", "x".repeat(121)]) {
      await assert.rejects(store.head(key), hasCode("invalid_request"), key);
      await assert.rejects(store.get(key), hasCode("invalid_request"), key);
      await assert.rejects(store.delete(key), hasCode("invalid_request"), key);
      await assert.rejects(
        store.put(key, bodyOf(new Uint8Array()), TEXT),
        hasCode("invalid_request"),
      );
      await assert.rejects(store.createUpload(key, TEXT), hasCode("invalid_request"), key);
      await assert.rejects(store.copy("a", key), hasCode("invalid_request"), key);
      await assert.rejects(store.uploadOffset({ key, id: "x" }), hasCode("invalid_request"), key);
    }
    for (const contentType of ["", "a\r\nb: c", "x".repeat(128), "tä/xt"]) {
      const put = store.put("typed", bodyOf(new Uint8Array()), { contentType });
      await assert.rejects(put, hasCode("invalid_request"), contentType);
    }
    assert.equal(await store.head("typed"), null);
  });
}

async function ranges(step: Step) {
  await step("returns any range of a blob", async ({ store, partSize }) => {
    const random = new Random(21);
    const size = partSize + 5000;
    const bytes = random.bytes(size);
    await store.put("ranged", bodyOf(bytes), TEXT);
    const cases = [[0, 0], [size - 1, size - 1], [0, size - 1], [10, size + 10], [
      partSize - 1,
      partSize,
    ]];
    for (let i = 0; i < 20; i++) {
      const start = random.below(size);
      cases.push([start, start + random.below(size)]);
    }
    for (const [start, end] of cases) {
      const found = await store.get("ranged", { start, end });
      const last = Math.min(end, size - 1);
      assert.deepEqual(found!.range, { start, end: last });
      assert.equal(found!.info.size, size);
      assert.ok(
        equal(await bytesOf(found!.body), bytes.subarray(start, last + 1)),
        `${start}-${end}`,
      );
    }
  });

  await step("rejects a range that is not in the blob", async ({ store }) => {
    await store.put("short", bodyOf(new Uint8Array(10)), TEXT);
    await store.put("empty", bodyOf(new Uint8Array()), TEXT);
    for (const [start, end] of [[10, 12], [5, 4], [-1, 3], [0.5, 3], [NaN, 3]]) {
      const get = store.get("short", { start, end });
      await assert.rejects(get, hasCode("range_not_satisfiable"), `${start}-${end}`);
    }
    await assert.rejects(
      store.get("empty", { start: 0, end: 0 }),
      hasCode("range_not_satisfiable"),
    );
  });

  await step("stops reading a body that is canceled", async ({ store }) => {
    await store.put("cancelled", bodyOf(new Random(22).bytes(4 * MIB)), TEXT);
    for (let i = 0; i < 20; i++) {
      const reader = (await store.get("cancelled"))!.body.getReader();
      assert.ok((await reader.read()).value!.byteLength > 0);
      await reader.cancel();
    }
    assert.equal((await store.head("cancelled"))!.size, 4 * MIB);
  });
}

async function failures(step: Step) {
  await step("leaves nothing of a body that fails, and keeps the old blob", async (test) => {
    const { store, partSize } = test;
    for (const size of [0, 10, partSize, 2 * partSize + 10]) {
      const gone = new Error("the client went away");
      const put = store.put("fails", breakingOff(new Random(31).bytes(size), gone), TEXT);
      await assert.rejects(put, gone);
      assert.equal(await store.head("fails"), null);
    }
    const kept = await store.put("kept", bodyOf(new Uint8Array([7])), TEXT);
    const error = new Error("the client went away");
    await assert.rejects(store.put("kept", breakingOff(new Uint8Array(99), error), TEXT), error);
    assert.deepEqual(await store.head("kept"), kept);
    assert.equal(await store.sweep(Date.now() + 60_000), 0);
  });

  await step("rethrows a limit's error, and stops the source", async ({ store }) => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(MIB)),
      cancel: () => void (cancelled = true),
    });
    const body = endless.pipeThrough(byteLimitStream(20 * MIB));
    await assert.rejects(store.put("endless", body, TEXT), hasCode("payload_too_large"));
    assert.equal(await store.head("endless"), null);
    assert.ok(cancelled);
  });

  await step("hashes the bytes that pass through", async ({ store }) => {
    const bytes = new TextEncoder().encode("abc");
    const hash = new Sha256Stream();
    await store.put("hashed", bodyOf(bytes).pipeThrough(hash), TEXT);
    // The example of FIPS 180-4.
    const sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert.deepEqual(await hash.digest, { sha256, size: 3 });
  });
}

async function copies(step: Step) {
  await step("copies a blob, with another type if requested", async ({ store }) => {
    const bytes = new Random(41).bytes(100_000);
    const source = await store.put("copy/from", bodyOf(bytes), TEXT);
    const same = await store.copy("copy/from", "copy/to", { ifMatch: source.etag });
    assert.deepEqual([same.key, same.size, same.contentType], ["copy/to", 100_000, "text/plain"]);
    const typed = await store.copy("copy/from", "copy/typed", { contentType: "image/png" });
    assert.equal(typed.contentType, "image/png");
    await store.delete("copy/from");
    assert.ok(equal(await bytesOf((await store.get("copy/to"))!.body), bytes));
    assert.ok(equal(await bytesOf((await store.get("copy/typed"))!.body), bytes));
  });

  await step("copies a blob only if it exists and is unchanged", async ({ store }) => {
    const old = await store.put("copy/changed", bodyOf(new Uint8Array([1])), TEXT);
    await store.put("copy/changed", bodyOf(new Uint8Array([2])), TEXT);
    const stale = store.copy("copy/changed", "copy/none", { ifMatch: old.etag });
    await assert.rejects(stale, hasCode("precondition_failed"));
    await assert.rejects(store.copy("copy/missing", "copy/none"), hasCode("not_found"));
    assert.equal(await store.head("copy/none"), null);
  });
}

async function resumable(step: Step) {
  await step("assembles an upload from random pieces, across restarts", async (test) => {
    const random = new Random(51);
    const bytes = random.bytes(2 * test.partSize + 12_345);
    const upload = await test.store.createUpload("pieces", { contentType: "video/mp4" });
    for (let offset = 0; offset < bytes.byteLength;) {
      const store = test.reopen();
      const end = offset + random.below(test.partSize);
      assert.equal(await store.uploadOffset(upload), offset);
      const piece = randomlyChunked(bytes.subarray(offset, end), random, 100_000);
      offset = await store.appendUpload(upload, offset, piece);
      assert.equal(offset, Math.min(end, bytes.byteLength));
      await store.close();
    }
    assert.equal(await test.store.head("pieces"), null);
    const info = await test.store.completeUpload(upload);
    assert.deepEqual([info.size, info.contentType], [bytes.byteLength, "video/mp4"]);
    assert.ok(equal(await bytesOf((await test.store.get("pieces"))!.body), bytes));
    assert.equal(await test.store.uploadOffset(upload), null);
    assert.equal(await test.store.sweep(Date.now() + 60_000), 0);
  });

  await step("keeps the received part of a piece that broke off", async ({ store, partSize }) => {
    const bytes = new Random(52).bytes(partSize + 3000);
    const upload = await store.createUpload("broken", TEXT);
    const gone = new Error("the client went away");
    let offset = 0;
    for (const size of [1000, 0, partSize, 1000]) {
      const piece = bytes.subarray(offset, offset + size);
      await assert.rejects(store.appendUpload(upload, offset, breakingOff(piece, gone)), gone);
      offset += size;
      assert.equal(await store.uploadOffset(upload), offset);
    }
    await store.appendUpload(upload, offset, bodyOf(bytes.subarray(offset)));
    await store.completeUpload(upload);
    assert.ok(equal(await bytesOf((await store.get("broken"))!.body), bytes));
  });

  await step("completes an upload without bytes", async ({ store }) => {
    const info = await store.completeUpload(await store.createUpload("nothing", TEXT));
    assert.equal(info.size, 0);
    assert.equal((await bytesOf((await store.get("nothing"))!.body)).byteLength, 0);
  });

  await step("completes once, and returns the same result again", async ({ store }) => {
    const upload = await store.createUpload("once", TEXT);
    await store.appendUpload(upload, 0, bodyOf(new Uint8Array(5)));
    const info = await store.completeUpload(upload);
    assert.deepEqual(await store.completeUpload(upload), info);
    await store.abortUpload(upload);
    assert.deepEqual(await store.head("once"), info);
    await store.put("once", bodyOf(new Uint8Array(6)), TEXT);
    await assert.rejects(store.completeUpload(upload), hasCode("not_found"));
  });

  await step("rejects a wrong offset, a second append and an unknown upload", async ({ store }) => {
    const upload = await store.createUpload("strict", TEXT);
    await store.appendUpload(upload, 0, bodyOf(new Uint8Array(5)));
    for (const offset of [0, 4, 6]) {
      const append = store.appendUpload(upload, offset, bodyOf(new Uint8Array(1)));
      await assert.rejects(append, hasCode("conflict"));
    }
    const slow = new TransformStream<Uint8Array, Uint8Array>();
    const first = store.appendUpload(upload, 5, slow.readable);
    const second = store.appendUpload(upload, 5, bodyOf(new Uint8Array(1)));
    await assert.rejects(second, hasCode("conflict"));
    await slow.writable.close();
    assert.equal(await first, 5);
    const stranger = { key: "strict", id: `${upload.id}0` };
    const elsewhere = { ...upload, key: "elsewhere" };
    for (
      const wrong of [stranger, elsewhere, { key: "strict", id: "../x" }, { key: "strict", id: "" }]
    ) {
      assert.equal(await store.uploadOffset(wrong), null);
      const append = store.appendUpload(wrong, 0, bodyOf(new Uint8Array(1)));
      await assert.rejects(append, hasCode("not_found"));
      await assert.rejects(store.completeUpload(wrong), hasCode("not_found"));
      await store.abortUpload(wrong);
    }
    assert.equal(await store.uploadOffset(upload), 5);
    await store.abortUpload(upload);
  });

  await step("deletes an upload that is aborted", async ({ store }) => {
    const upload = await store.createUpload("aborted", TEXT);
    await store.appendUpload(upload, 0, bodyOf(new Uint8Array(5)));
    await store.abortUpload(upload);
    await store.abortUpload(upload);
    assert.equal(await store.uploadOffset(upload), null);
    assert.equal(await store.head("aborted"), null);
    assert.equal(await store.sweep(Date.now() + 60_000), 0);
  });
}

async function sweeping(step: Step) {
  await step("sweeps abandoned uploads, and nothing else", async ({ store, reopen, partSize }) => {
    const kept = await store.put("swept/kept", bodyOf(new Uint8Array(9)), TEXT);
    const idle = await store.createUpload("swept/idle", TEXT);
    await store.createUpload("swept/empty", TEXT);
    await store.appendUpload(idle, 0, bodyOf(new Random(61).bytes(partSize + 5)));
    const later = reopen();
    assert.equal(await later.sweep(Date.now() - 60_000), 0);
    assert.equal(await later.uploadOffset(idle), partSize + 5);
    assert.equal(await later.sweep(Date.now() + 60_000), 2);
    assert.equal(await later.sweep(Date.now() + 60_000), 0);
    assert.equal(await later.uploadOffset(idle), null);
    assert.deepEqual(await later.head("swept/kept"), kept);
    await later.close();
  });
}

async function flatMemory(step: Step) {
  await step("streams 200 MB in and out without keeping it in memory", async ({ store }) => {
    const size = 200 * 1000 * 1000;
    // Memory that is loaded and allocated once, with a first upload, is not measured.
    await store.put("warm", zeros(20 * 1000 * 1000, () => {}), TEXT);
    const before = memoryHeld();
    let peak = before;
    const watch = every(256, () => void (peak = Math.max(peak, memoryHeld())));
    const hash = new Sha256Stream();
    await store.put("large", zeros(size, watch).pipeThrough(hash), TEXT);
    let arrived = 0;
    for await (const chunk of (await store.get("large"))!.body) {
      arrived += chunk.byteLength;
      watch();
    }
    assert.equal(arrived, size);
    assert.equal((await hash.digest).size, size);
    await store.delete("large");
    const grown = (peak - before) / MIB;
    console.log(`200 MB in and out: ${grown.toFixed(0)} MiB of memory held at the peak`);
    assert.ok(grown < 50, `memory grew by ${grown.toFixed(0)} MiB`);
  });
}

function every(nth: number, work: () => void): () => void {
  let calls = 0;
  return () => {
    if (++calls % nth === 0) work();
  };
}

function zeros(size: number, onChunk: () => void): ReadableStream<Uint8Array> {
  let left = size;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      const chunk = new Uint8Array(Math.min(left, 64 * 1024));
      left -= chunk.byteLength;
      onChunk();
      controller.enqueue(chunk);
    },
  }, { highWaterMark: 0 });
}

/** Much faster than `deepEqual` for megabytes. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, at) => byte === b[at]);
}
