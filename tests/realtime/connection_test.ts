import assert from "node:assert/strict";
import { EncodedEvents } from "../../src/realtime/encoded_events.ts";
import { World } from "./world.ts";

const event = (rev: number) =>
  new EncodedEvents([{ event: "message.created", chatId: "c", rev, data: {} }]);

Deno.test("Connection buffers events until the answer to hello, and skips those that it contains", () => {
  const { connection, sink } = new World().connection("ann");
  for (let rev = 1; rev <= 4; rev++) connection.deliver(event(rev));
  assert.deepEqual(sink.revs("c"), []);
  connection.release(new Map([["c", 2]]));
  assert.deepEqual(sink.revs("c"), [3, 4]);
});

Deno.test("Connection closes a client whose buffer overflows", () => {
  const { connection, sink } = new World().connection("ann");
  for (let rev = 1; rev <= 10_000; rev++) connection.deliver(event(rev));
  assert.equal(sink.closed, null);
  connection.deliver(event(10_001));
  assert.equal(sink.closed, "slow_reader");
});
