import assert from "node:assert/strict";
import { eventually } from "../../../support/eventually.ts";
import { EngineServer } from "./engine_server.ts";

const FAULT = new Error("a fault of ours");

/** An engine whose listeners of a session's end all throw. */
function failing(options = {}): EngineServer {
  const server = new EngineServer(options);
  server.engine.on("connection", (session) =>
    session.on("close", () => {
      throw FAULT;
    }));
  return server;
}

async function told(server: EngineServer): Promise<void> {
  await eventually("the fault is told", () => server.faults.includes(FAULT), { every: 2 });
  assert.equal(server.engine.clientsCount, 0);
  await server.open();
}

for (const frame of ["abc", "1", "4" + "x".repeat(100)]) {
  Deno.test(`the engine survives a listener that throws when the frame ${frame.slice(0, 3)} ends a session`, async () => {
    await using server = failing({ maxHttpBufferSize: 50 });
    const socket = await server.connect();
    socket.send(frame);
    await socket.closed;
    await told(server);
  });
}

Deno.test("the engine survives a listener that throws when a client disconnects", async () => {
  await using server = failing();
  (await server.connect()).close();
  await told(server);
});

for (const body of ["abc", "1", "4" + "x".repeat(100)]) {
  Deno.test(`the engine survives a listener that throws when the post ${body.slice(0, 3)} ends a session`, async () => {
    await using server = failing({ maxHttpBufferSize: 50 });
    const sid = await server.open();
    assert.equal(await server.post(sid, body), body === "1" ? 200 : 500);
    await told(server);
  });
}

Deno.test("the engine survives a listener that throws when a poll is aborted", async () => {
  await using server = failing();
  const sid = await server.open();
  const given = new AbortController();
  const poll = server.fetch(`EIO=4&transport=polling&sid=${sid}`, { signal: given.signal });
  await eventually("the poll has come", () => server.session.transport.writable);
  given.abort();
  await assert.rejects(poll);
  await told(server);
});

Deno.test("the engine survives a listener that throws when a slow client is disconnected", async () => {
  await using server = failing({ maxBufferedBytes: 10 });
  await server.open();
  for (let i = 0; i < 3; i++) server.session.send("x".repeat(20));
  await told(server);
});

Deno.test("a listener that throws does not keep a drain from the other sessions", async () => {
  await using server = failing();
  const sockets = [await server.connect(), await server.connect()];
  assert.equal(await server.engine.drain(), 0);
  for (const socket of sockets) assert.equal((await socket.closed).code, 1012);
  assert.equal(server.faults.length, 2);
});
