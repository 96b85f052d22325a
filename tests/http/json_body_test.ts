import assert from "node:assert/strict";
import { readBytes } from "../../src/http/json_body.ts";
import { memoryHeld } from "../support/memory_held.ts";

const MIB = 1024 * 1024;

Deno.test("a body that arrives byte by byte does not hold a buffer for each byte", async () => {
  const count = 2_000;
  const before = memoryHeld();
  let held = 0;
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent === count) {
        held = memoryHeld() - before;
        return controller.close();
      }
      // As they come from the network: a view of a buffer of 64 KiB.
      controller.enqueue(new Uint8Array(64 * 1024).fill(sent++ % 256).subarray(0, 1));
    },
  }, { highWaterMark: 0 });
  const bytes = await readBytes(body, { bodyBytes: MIB, bodyTimeMs: 60_000 });
  assert.deepEqual(bytes, Uint8Array.from({ length: count }, (_, at) => at % 256));
  assert.ok(held < 10 * MIB, `${Math.round(held / MIB)} MiB are held for ${count} bytes`);
});
