import assert from "node:assert/strict";
import { EncodedEvents } from "../../src/realtime/encoded_events.ts";
import { World } from "./world.ts";

const event = (rev: number) =>
  new EncodedEvents([{ event: "message.created", chatId: "c", rev, data: {} }]);

Deno.test("what comes before the answer to hello is held, and what is in it is not said again", () => {
  const { connection, sink } = new World().connection("ann");
  for (let rev = 1; rev <= 4; rev++) connection.deliver(event(rev));
  assert.deepEqual(sink.revs("c"), []);
  connection.release(new Map([["c", 2]]));
  assert.deepEqual(sink.revs("c"), [3, 4]);
});

Deno.test("for whom too much is held has to catch up again", () => {
  const { connection, sink } = new World().connection("ann");
  for (let rev = 1; rev <= 10_000; rev++) connection.deliver(event(rev));
  assert.equal(sink.closed, null);
  connection.deliver(event(10_001));
  assert.equal(sink.closed, "slow_reader");
});
