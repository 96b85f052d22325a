import assert from "node:assert/strict";
import { eventually } from "../../../support/eventually.ts";
import { EngineServer, type RawSocket } from "./engine_server.ts";

Deno.test("a drain closes WebSockets with 1012 after pending data, and answers polls", async () => {
  await using server = new EngineServer();
  const socket = await server.connect();
  server.session.send("last words");
  const sid = await server.open();
  const poll = server.poll(sid);
  await eventually("the poll has come", () => server.session.transport.writable);
  assert.equal(await server.engine.drain({ deadlineMs: 20_000 }), 0);
  const { code, reason } = await socket.closed;
  assert.deepEqual([code, reason], [1012, "Service restart"]);
  assert.equal(await socket.next(), "4last words");
  assert.deepEqual(await poll, ["1"]);
  assert.equal(server.engine.clientsCount, 0);
});

Deno.test("a drain delivers its code to WebSockets that never stop writing", async () => {
  await using server = new EngineServer();
  let received = 0;
  server.engine.on("connection", (session) => session.on("data", () => received++));
  const sockets: RawSocket[] = [];
  for (let i = 0; i < 20; i++) sockets.push(await server.connect());
  const closes = sockets.map((socket) => socket.closed);
  const writing = setInterval(() => {
    for (const socket of sockets) {
      for (let i = 0; i < 20; i++) socket.send(`4${"x".repeat(20_000)}`);
    }
  }, 1);
  await eventually("all are writing", () => received > 200);
  await server.engine.drain({ deadlineMs: 20_000 });
  const codes = (await Promise.all(closes)).map(({ code }) => code);
  clearInterval(writing);
  assert.deepEqual(new Set(codes), new Set([1012]));
});

Deno.test("the engine refuses new sessions and serves open ones after it stopped accepting", async () => {
  await using server = new EngineServer().echo();
  const sid = await server.open();
  server.engine.stopAccepting();
  const refused = await server.fetch("EIO=4&transport=polling");
  await refused.text();
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
  assert.equal((await server.socket().closed).wasClean, false);
  await server.post(sid, "4still");
  assert.deepEqual(await server.poll(sid), ["4still"]);
});

Deno.test("a drain returns the number of clients that never answered", async () => {
  await using server = new EngineServer();
  using _connection = await server.connectWithoutReading();
  assert.equal(await server.engine.drain({ deadlineMs: 10 }), 1);
});

Deno.test("closing one session with a code leaves the others open", async () => {
  await using server = new EngineServer().echo();
  const [first, second] = [await server.connect(), await server.connect()];
  server.engine.closeSession(server.sessions[0], 4001, "Not you");
  const { code, reason } = await first.closed;
  assert.deepEqual([code, reason], [4001, "Not you"]);
  second.send("4here");
  assert.equal(await second.next(), "4here");
});
