import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import process from "node:process";
import { orderDisconnects } from "../../../src/transport/socketio/ordered_disconnect.ts";

Deno.test("a CONNECT in the tick of a DISCONNECT waits until that is handled", async () => {
  const conn = new EventEmitter();
  const handled: string[] = [];
  // As socket.io does it.
  conn.on("data", (packet) => {
    if (packet === "0") handled.push("connect");
    else process.nextTick(() => handled.push(packet === "1" ? "disconnect" : packet));
  });
  orderDisconnects(conn);
  for (const packet of ["0", "1", "0", "1", "0", "2[]"]) conn.emit("data", packet);
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(handled, ["connect", "disconnect", "connect", "disconnect", "connect", "2[]"]);
});
