import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { decodeSignals, encodeSignal } from "../../src/cluster/shared/signal_codec.ts";

Deno.test("encodeSignal writes a pointer with a trace as JSON, which earlier releases can read", () => {
  const trace = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const signal = { type: "chat" as const, chatId: newId(), rev: 7, membersAfter: 5, trace };
  const bytes = encodeSignal(signal);
  assert.equal(bytes[0], 0, "the tag of JSON");
  assert.deepEqual(decodeSignals(bytes), { signals: [signal], gap: false });
});
