import assert from "node:assert/strict";
import { LARGE_BYTES, LargeBody } from "../../src/core/large_body.ts";

const BYTES = new Uint8Array(2 * LARGE_BYTES + 1).map((_, i) => i % 251);

const bytesOf = async (stream: ReadableStream<Uint8Array>) =>
  new Uint8Array(await new Response(stream).arrayBuffer());

Deno.test("LargeBody gives all bytes, and is read as soon as the last ones were taken", async () => {
  const body = new LargeBody(BYTES);
  assert.deepEqual(await bytesOf(body.stream), BYTES);
  const other = new LargeBody(BYTES);
  const reader = other.stream.getReader();
  for (let i = 0; i < 2; i++) await reader.read();
  assert.ok(other.isUnread);
  assert.equal((await reader.read()).value!.length, 1);
  assert.ok(!other.isUnread, "before the reader asks for more");
  assert.ok((await reader.read()).done);
});

Deno.test("LargeBody ends early when it is cut, without an error", async () => {
  const body = new LargeBody(BYTES);
  const reader = body.stream.getReader();
  await reader.read();
  body.cut();
  assert.ok((await reader.read()).done);
  assert.ok(!body.isUnread);
  body.cut();
});

Deno.test("LargeBody that its client canceled is no longer unread", async () => {
  const body = new LargeBody(BYTES);
  await body.stream.cancel();
  assert.ok(!body.isUnread);
  body.cut();
});
