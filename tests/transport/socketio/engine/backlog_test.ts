import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { Socket } from "engine.io";
import { boundBacklog } from "../../../../src/transport/socketio/engine/backlog.ts";

/** A session of which a test says whether it can be written to. */
function session(maxBytes: number) {
  const transport = { writable: false };
  const socket = Object.assign(new EventEmitter(), { transport });
  let slow = 0;
  const waiting = boundBacklog(socket as unknown as Socket, maxBytes, () => slow++);
  const write = (data: unknown) => socket.emit("packetCreate", { type: "message", data });
  return { socket, transport, waiting, write, slow: () => Promise.resolve().then(() => slow) };
}

Deno.test("boundBacklog reports a session once for which more than the limit waits", async () => {
  const { write, waiting, slow } = session(10);
  write("0123456789");
  write(new Uint8Array(1));
  assert.deepEqual([waiting(), await slow()], [11, 0], "one packet may be of any size");
  for (let n = 0; n < 3; n++) write("x");
  assert.deepEqual([waiting(), await slow()], [14, 1]);
});

Deno.test("boundBacklog counts nothing that is written at once, and nothing that was flushed", async () => {
  const { socket, transport, write, waiting, slow } = session(10);
  transport.writable = true;
  for (let n = 0; n < 3; n++) write("0123456789");
  assert.equal(waiting(), 0);
  transport.writable = false;
  for (let n = 0; n < 9; n++) {
    write("0123456789");
    socket.emit("flush");
  }
  assert.deepEqual([waiting(), await slow()], [0, 0]);
});
