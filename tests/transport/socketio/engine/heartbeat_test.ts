import assert from "node:assert/strict";
import { closing, EngineServer } from "./engine_server.ts";

const BRISK = { pingInterval: 20, pingTimeout: 10_000 };
const HASTY = { pingInterval: 20, pingTimeout: 20 };

Deno.test("the server pings a WebSocket as long as it answers", async () => {
  await using server = new EngineServer(BRISK);
  const socket = await server.connect();
  for (let i = 0; i < 3; i++) {
    assert.equal(await socket.next(), "2");
    socket.send("3");
  }
});

Deno.test("the server pings by long-polling as long as it is answered", async () => {
  await using server = new EngineServer(BRISK);
  const sid = await server.open();
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await server.poll(sid), ["2"]);
    assert.equal(await server.post(sid, "3"), 200);
  }
});

Deno.test("a WebSocket that does not answer is closed", async () => {
  await using server = new EngineServer(HASTY);
  const socket = await server.connect();
  await socket.closed;
  assert.equal((await closing(server)).reason, "ping timeout");
});

Deno.test("a polling session that does not answer is closed", async () => {
  await using server = new EngineServer(HASTY);
  const sid = await server.open();
  assert.equal((await closing(server)).reason, "ping timeout");
  assert.equal(await server.pollStatus(sid), 400);
});
