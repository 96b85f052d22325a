import assert from "node:assert/strict";
import { eventually } from "../../../support/eventually.ts";
import { EngineServer, type RawSocket } from "./engine_server.ts";

async function probe(server: EngineServer, sid: string): Promise<RawSocket> {
  const socket = await server.socket(`EIO=4&transport=websocket&sid=${sid}`).opened();
  socket.send("2probe");
  assert.equal(await socket.next(), "3probe");
  return socket;
}

async function upgrade(server: EngineServer, sid: string): Promise<RawSocket> {
  const socket = await probe(server, sid);
  socket.send("5");
  await eventually("the session is upgraded", () => server.session.upgraded);
  return socket;
}

Deno.test("a session moves from polling to WebSocket together with its pending packets", async () => {
  await using server = new EngineServer().echo();
  const sid = await server.open();
  const socket = await probe(server, sid);
  assert.deepEqual(await server.poll(sid), ["6"]);
  server.session.send("waited");
  socket.send("5");
  assert.equal(await socket.next(), "4waited");
  socket.send("4hello");
  assert.equal(await socket.next(), "4hello");
});

Deno.test("polls are refused after the upgrade, and the session continues", async () => {
  await using server = new EngineServer().echo();
  const sid = await server.open();
  const socket = await upgrade(server, sid);
  assert.equal(await server.pollStatus(sid), 400);
  assert.equal(await server.post(sid, "4x"), 400);
  socket.send("4hello");
  assert.equal(await socket.next(), "4hello");
});

for (const first of ["poll", "upgrade packet"]) {
  Deno.test(`a poll concurrent with the upgrade packet is refused if the ${first} is read first`, async () => {
    await using server = new EngineServer().echo();
    const sid = await server.open();
    const socket = await probe(server, sid);
    if (first === "upgrade packet") socket.send("5");
    const poll = server.pollStatus(sid);
    if (first === "poll") {
      await eventually("the poll is here", () => server.requests === 2);
      assert.equal(server.session.upgraded, false);
      socket.send("5");
    }
    // The engine may have flushed the poll with a noop just before: the next one is refused then.
    const status = await poll;
    if (first === "upgrade packet" || status !== 200) assert.equal(status, 400);
    else assert.equal(await server.pollStatus(sid), 400);
    socket.send("4hello");
    assert.equal(await socket.next(), "4hello");
    assert.deepEqual(server.faults, []);
  });
}

Deno.test("a poll during an uncompleted upgrade is answered", async () => {
  await using server = new EngineServer({ upgradeTimeout: 200 }).echo();
  const sid = await server.open();
  const socket = await probe(server, sid);
  const poll = server.poll(sid);
  await server.post(sid, "4still");
  const packets = await poll;
  assert.deepEqual(packets[0] === "6" ? await server.poll(sid) : packets, ["4still"]);
  await socket.closed;
});

Deno.test("a second upgrade is closed, and the session continues", async () => {
  await using server = new EngineServer().echo();
  const sid = await server.open();
  const socket = await upgrade(server, sid);
  const second = server.socket(`EIO=4&transport=websocket&sid=${sid}`);
  assert.equal((await second.closed).wasClean, true);
  socket.send("4hello");
  assert.equal(await socket.next(), "4hello");
});

for (const frame of ["4early", "5x-no-probe", "abc", "1"]) {
  const harmless = frame.startsWith("5")
    ? "is taken as the upgrade"
    : "leaves the session on polling";
  Deno.test(`"${frame}" instead of a probe ${harmless}`, async () => {
    await using server = new EngineServer().echo();
    const sid = await server.open();
    const socket = await server.socket(`EIO=4&transport=websocket&sid=${sid}`).opened();
    socket.send(frame);
    if (frame.startsWith("5")) {
      await eventually("the session is upgraded", () => server.session.upgraded);
    } else {
      await socket.closed;
      assert.equal(await server.post(sid, "4still"), 200);
      assert.deepEqual(await server.poll(sid), ["4still"]);
    }
    assert.deepEqual(server.faults, []);
  });
}

Deno.test("an uncompleted upgrade is aborted, and the session continues", async () => {
  await using server = new EngineServer({ upgradeTimeout: 50 }).echo();
  const sid = await server.open();
  const socket = server.socket(`EIO=4&transport=websocket&sid=${sid}`);
  await socket.closed;
  await server.post(sid, "4still");
  assert.deepEqual(await server.poll(sid), ["4still"]);
});

Deno.test("the end of a session aborts its upgrade", async () => {
  await using server = new EngineServer();
  const sid = await server.open();
  const socket = await probe(server, sid);
  server.session.close(true);
  await socket.closed;
  assert.equal(server.engine.clientsCount, 0);
});
