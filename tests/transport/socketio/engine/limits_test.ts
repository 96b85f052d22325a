import assert from "node:assert/strict";
import { eventually } from "../../../support/eventually.ts";
import { closing, EngineServer } from "./engine_server.ts";

const SMALL = { maxHttpBufferSize: 1000 };

Deno.test("a post at the limit passes, and one byte more is refused and ends the session", async () => {
  await using server = new EngineServer(SMALL).echo();
  const sid = await server.open();
  const largest = "4" + "é".repeat(499) + "x";
  assert.equal(await server.post(sid, largest), 200);
  assert.deepEqual(await server.poll(sid), [largest]);
  assert.equal(await server.post(sid, largest + "x"), 413);
  assert.equal((await closing(server)).description, "payload too large");
});

Deno.test("a post without a length is refused as soon as it exceeds the limit", async () => {
  await using server = new EngineServer(SMALL);
  const sid = await server.open();
  const url = new URL(server.url);
  using connection = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
  const write = (text: string) => connection.write(new TextEncoder().encode(text));
  await write(`POST ${url.pathname}?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\n`);
  await write(`Host: ${url.host}\r\nTransfer-Encoding: chunked\r\n\r\n`);
  for (let chunk = 0; chunk < 3; chunk++) await write(`190\r\n${"4".repeat(400)}\r\n`);
  // The body never ends, but the response comes:
  assert.equal((await closing(server)).description, "payload too large");
  const answer = new Uint8Array(100);
  await connection.read(answer);
  assert.match(new TextDecoder().decode(answer), /^HTTP\/1\.1 413 /);
});

Deno.test("the end of a session stops its post in progress", async () => {
  await using server = new EngineServer();
  const sid = await server.open();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const query = `EIO=4&transport=polling&sid=${sid}`;
  const post = server.status(query, { method: "POST", body: readable });
  await writer.write(new TextEncoder().encode("4never delivered"));
  await eventually("the post is being read", () => server.post(sid, "4x").then((s) => s === 400));
  assert.equal(await post, 400);
  await writer.close().catch(() => {});
});

for (const [what, message] of [["text", "4" + "é".repeat(500)], ["binary", new Uint8Array(1001)]]) {
  Deno.test(`a ${what} frame over the limit closes the WebSocket with 1009`, async () => {
    await using server = new EngineServer(SMALL).echo();
    const socket = await server.connect();
    const fitting = "4" + "é".repeat(499) + "x";
    socket.send(fitting);
    assert.equal(await socket.next(), fitting);
    socket.send(message as string | Uint8Array<ArrayBuffer>);
    assert.equal((await socket.closed).code, 1009);
    assert.equal((await closing(server)).description, "payload too large");
  });
}

Deno.test("the data waiting for the next poll is limited, and one message always fits", async () => {
  await using server = new EngineServer({ maxBufferedBytes: 1000 });
  const sid = await server.open();
  const large = "x".repeat(5000);
  server.session.send(large);
  assert.deepEqual(await server.poll(sid), ["4" + large]);
  server.session.send(large);
  server.session.send("one too many");
  assert.equal((await closing(server)).reason, "forced close");
  assert.equal(await server.pollStatus(sid), 400);
});

Deno.test("binary data waiting for the next poll counts too", async () => {
  await using server = new EngineServer({ maxBufferedBytes: 1000 });
  await server.open();
  for (let i = 0; i < 3; i++) server.session.send(new Uint8Array(600));
  await closing(server);
});

Deno.test("a client that does not read its WebSocket is disconnected", async () => {
  await using server = new EngineServer({ maxBufferedBytes: 100_000 });
  using _connection = await server.connectWithoutReading();
  const chunk = "x".repeat(50_000);
  const { session } = server;
  for (let sent = 0; server.closings.length === 0; sent += chunk.length) {
    assert.ok(sent < 200e6, "200 MB were taken for a client that reads nothing");
    session.send(chunk);
    await new Promise((resolve) => setTimeout(resolve));
  }
  assert.equal((await closing(server)).description, "too slow a reader");
});
