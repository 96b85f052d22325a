import assert from "node:assert/strict";
import { partsOf } from "../../../src/media/blobs/s3/part_stream.ts";
import { equal } from "../../contract/blob_store.ts";
import { breakingOff, Random, randomlyChunked } from "../../support/random_bytes.ts";

const PART = 100_000;

Deno.test("partsOf does not change a part's bytes while the next one is filled", async () => {
  const random = new Random(91);
  for (const size of [0, 1, PART, 2 * PART + 1, 5 * PART + 77]) {
    const bytes = random.bytes(size);
    const head = bytes.subarray(0, Math.min(size, 500));
    let before: { part: Uint8Array; at: number } | null = null;
    let at = 0;
    const body = randomlyChunked(bytes.subarray(head.byteLength), random, 30_000);
    for await (const part of partsOf(body, PART, head)) {
      for (const held of before ? [before, { part, at }] : [{ part, at }]) {
        assert.ok(
          equal(held.part, bytes.subarray(held.at, held.at + held.part.byteLength)),
          `${size} bytes, at ${held.at}`,
        );
      }
      before = { part, at };
      at += part.byteLength;
    }
    assert.equal(at, size);
  }
});

Deno.test("partsOf yields the bytes of a broken body before its error", async () => {
  const gone = new Error("the client went away");
  const parts = partsOf(breakingOff(new Random(92).bytes(PART + 5), gone), PART);
  assert.equal((await parts.next()).value!.byteLength, PART);
  assert.equal((await parts.next()).value!.byteLength, 5);
  await assert.rejects(parts.next(), gone);
});
