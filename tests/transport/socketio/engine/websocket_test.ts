import assert from "node:assert/strict";
import { eventually } from "../../../support/eventually.ts";
import { closing, EngineServer } from "./engine_server.ts";

Deno.test("text and binary are echoed in order", async () => {
  await using server = new EngineServer().echo();
  const socket = await server.connect();
  socket.send("4…€😀");
  socket.send(new Uint8Array([1, 2, 3]));
  socket.send("4");
  assert.equal(await socket.next(), "4…€😀");
  assert.deepEqual(await socket.next(), new Uint8Array([1, 2, 3]).buffer);
  assert.equal(await socket.next(), "4");
});

Deno.test("a client without binary support gets base64", async () => {
  await using server = new EngineServer().echo();
  const socket = server.socket("EIO=4&transport=websocket&b64=1");
  await socket.next();
  socket.send(new Uint8Array([1, 2, 3, 4]));
  assert.equal(await socket.next(), "bAQIDBA==");
});

Deno.test("data sent before the connection is open arrives", async () => {
  await using server = new EngineServer();
  server.engine.on("connection", (session) => session.send("early"));
  const socket = await server.connect();
  assert.equal(await socket.next(), "4early");
});

for (const frame of ["abc", "", "2", "é"]) {
  Deno.test(`the frame "${frame}" closes the session`, async () => {
    await using server = new EngineServer();
    const socket = await server.connect();
    socket.send(frame);
    await socket.closed;
    assert.deepEqual([server.closings.length, server.faults], [1, []]);
  });
}

Deno.test("a close packet ends the session immediately", async () => {
  await using server = new EngineServer();
  const socket = await server.connect();
  socket.send("1");
  await socket.closed;
  assert.equal((await closing(server)).reason, "transport close");
});

Deno.test("a client that closes its connection ends its session", async () => {
  await using server = new EngineServer();
  (await server.connect()).close();
  assert.equal((await closing(server)).reason, "transport close");
  assert.equal(server.engine.clientsCount, 0);
});

Deno.test("a client that disconnects before its upgrade leaves nothing behind", async () => {
  const asked = Promise.withResolvers<void>();
  await using server = new EngineServer({
    allowRequest: (request) => {
      asked.resolve();
      return new Promise<boolean>((admit) => request.signal.onabort = () => admit(true));
    },
  });
  const connection = await server.askForUpgrade();
  await asked.promise;
  connection.close();
  await eventually("it is refused", () => server.refusals.length === 1);
  assert.deepEqual([server.sessions.length, await server.engine.drain()], [0, 0]);
});

Deno.test("a session refused by its listener before it is open is closed once it is open", async () => {
  await using server = new EngineServer();
  server.engine.on("connection", (session) => session.close(true));
  const closed = await server.socket().closed;
  assert.equal(closed.wasClean, true);
});

Deno.test("a listener that throws ends the session, not the process", async () => {
  const fault = new Error("a fault of ours");
  await using server = new EngineServer();
  const socket = await server.connect();
  server.session.on("data", () => {
    throw fault;
  });
  socket.send("4x");
  await socket.closed;
  assert.deepEqual(server.faults, [fault]);
  assert.equal((await closing(server)).description, "listener failed");
});

Deno.test("a listener of new sessions that throws ends that session only", async () => {
  const fault = new Error("a fault of ours");
  await using server = new EngineServer();
  server.engine.once("connection", () => {
    throw fault;
  });
  await server.socket().closed;
  assert.deepEqual([server.faults, server.engine.clientsCount], [[fault], 0]);
  await server.connect();
});
