import assert from "node:assert/strict";
import { DenoEngine } from "../../../../src/transport/socketio/engine/mod.ts";
import { closing, EngineServer } from "./engine_server.ts";

const BRISK = { pingInterval: 20, pingTimeout: 10_000 };
const HASTY = { pingInterval: 20, pingTimeout: 20 };

Deno.test("the server pings a WebSocket while it answers", async () => {
  await using server = new EngineServer(BRISK);
  const socket = await server.connect();
  for (let i = 0; i < 3; i++) {
    assert.equal(await socket.next(), "2");
    socket.send("3");
  }
});

Deno.test("the server pings a polling session while it answers", async () => {
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

Deno.test("a poll ends its session if the session is overdue, even before the late timer does", async () => {
  const engine = new DenoEngine({ pingInterval: 20, pingTimeout: 20 });
  const remoteAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
  const info = { remoteAddr, completed: Promise.resolve() };
  const ask = (query: string) => {
    const url = `http://127.0.0.1/engine.io/?EIO=4&transport=polling${query}`;
    return engine.handle(new Request(url), info);
  };
  const opened = await (await ask("")).text();
  const { sid } = JSON.parse(opened.slice(1));
  assert.equal(engine.clientsCount, 1);
  // No timer can run in the meantime: this stands for a turn of the event loop that takes too long.
  for (const until = performance.now() + 100; performance.now() < until;);
  assert.equal((await ask(`&sid=${sid}`)).status, 400);
  assert.equal(engine.clientsCount, 0);
});

Deno.test("a polling session is not overdue while its client sends packets", async () => {
  const { now } = performance;
  let ahead = 0;
  performance.now = () => now.call(performance) + ahead;
  try {
    const engine = new DenoEngine({ pingInterval: 10_000, pingTimeout: 10_000 });
    const remoteAddr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
    const info = { remoteAddr, completed: Promise.resolve() };
    const ask = (query: string, init?: RequestInit) => {
      const url = `http://127.0.0.1/engine.io/?EIO=4&transport=polling${query}`;
      return engine.handle(new Request(url, init), info);
    };
    const sessions: { send(text: string): void }[] = [];
    engine.on("connection", (session) => sessions.push(session));
    const { sid } = JSON.parse((await (await ask("")).text()).slice(1));
    for (let i = 0; i < 3; i++) {
      ahead += 15_000;
      const posted = await ask(`&sid=${sid}`, { method: "POST", body: "3" });
      assert.equal(await posted.text(), "ok");
    }
    const polling = ask(`&sid=${sid}`);
    sessions[0].send("hello");
    assert.equal(await (await polling).text(), "4hello");
    await engine.drain();
  } finally {
    performance.now = now;
  }
});
