import assert from "node:assert/strict";
import type { Caller } from "../../src/model/caller.ts";
import { Connection, type Sink } from "../../src/realtime/connection.ts";
import { ConnectionIndex } from "../../src/realtime/connection_index.ts";
import { withHeldMaps } from "../support/held_maps.ts";

const sink = { codec: { encode: () => [] }, write() {}, close() {} } as Sink;

function connectionOf(userId: string, sessionId: string): Connection {
  return new Connection(crypto.randomUUID(), { userId, sessionId } as Caller, sink);
}

Deno.test("ConnectionIndex finds connections by user and session, and holds none that was removed", () => {
  const { made: index, held } = withHeldMaps(() => new ConnectionIndex());
  const [first, second] = [connectionOf("ann", "phone"), connectionOf("ann", "laptop")];
  assert.deepEqual([index.add(first), index.add(second)], [true, false], "the first of its user");
  assert.deepEqual([...index.ofUser("ann")], [first, second]);
  assert.deepEqual([index.ofSession("phone"), index.ofSession("laptop")], [[first], [second]]);
  assert.equal(index.remove(first), false, "another one is left");
  assert.equal(index.remove(first), null, "it is not there any more");
  assert.deepEqual([index.ofSession("phone"), index.size], [[], 1]);
  assert.equal(index.remove(second), true, "the last of its user");
  assert.deepEqual(held(), []);
});
