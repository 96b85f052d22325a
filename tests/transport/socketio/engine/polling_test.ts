import assert from "node:assert/strict";
import { eventually } from "../../../support/eventually.ts";
import { closing, EngineServer } from "./engine_server.ts";

Deno.test("packets are echoed in order, text and binary", async () => {
  await using server = new EngineServer().echo();
  const sid = await server.open();
  assert.equal(await server.post(sid, "4one", "bAQIDBA==", "4…€😀"), 200);
  assert.deepEqual(await server.poll(sid), ["4one", "bAQIDBA==", "4…€😀"]);
});

Deno.test("a poll waits until there is a packet", async () => {
  await using server = new EngineServer();
  const sid = await server.open();
  const poll = server.poll(sid);
  await eventually("the poll has come", () => server.session.transport.writable);
  server.session.send("late");
  assert.deepEqual(await poll, ["4late"]);
});

Deno.test("a character split between two chunks of a post stays whole", async () => {
  await using server = new EngineServer().echo();
  const sid = await server.open();
  const [head, tail] = [new Uint8Array([0x34, 0xe2, 0x82]), new Uint8Array([0xac])];
  const body = ReadableStream.from([head, tail]);
  await server.status(`EIO=4&transport=polling&sid=${sid}`, { method: "POST", body });
  assert.deepEqual(await server.poll(sid), ["4€"]);
});

const MALFORMED: [what: string, init: RequestInit][] = [
  ["an unknown packet type", { body: "abc" }],
  ["an empty post", { body: "" }],
  ["an empty packet among others", { body: "4a\x1e\x1e4b" }],
  ["invalid UTF-8", { body: new Uint8Array([0x34, 0xff]) }],
  ["a binary post", {
    body: new Uint8Array([4]),
    headers: { "content-type": "application/octet-stream" },
  }],
];

for (const [what, init] of MALFORMED) {
  Deno.test(`${what} is refused and ends the session`, async () => {
    await using server = new EngineServer();
    const sid = await server.open();
    const query = `EIO=4&transport=polling&sid=${sid}`;
    assert.equal(await server.status(query, { method: "POST", ...init }), 400);
    assert.equal(await server.pollStatus(sid), 400);
    assert.deepEqual([server.closings.length, server.faults], [1, []]);
  });
}

Deno.test("another method is refused, without harm to the session", async () => {
  await using server = new EngineServer();
  const sid = await server.open();
  const response = await server.fetch(`EIO=4&transport=polling&sid=${sid}`, { method: "DELETE" });
  await response.text();
  assert.deepEqual([response.status, response.headers.get("allow")], [405, "GET, POST"]);
  server.session.send("still here");
  assert.deepEqual(await server.poll(sid), ["4still here"]);
});

Deno.test("a second concurrent poll ends the session", async () => {
  await using server = new EngineServer();
  const sid = await server.open();
  const first = server.poll(sid);
  await eventually("the poll has come", () => server.session.transport.writable);
  assert.equal(await server.pollStatus(sid), 400);
  assert.deepEqual(await first, ["1"]);
  assert.equal(await server.pollStatus(sid), 400);
  assert.equal((await closing(server)).description, "overlap from client");
});

Deno.test("a second concurrent post ends the session", async () => {
  await using server = new EngineServer();
  const sid = await server.open();
  const query = `EIO=4&transport=polling&sid=${sid}`;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const slow = server.status(query, { method: "POST", body: readable });
  await writer.write(new TextEncoder().encode("4begun"));
  const second = await eventually(
    "a second post meets the first",
    () => server.post(sid, "4x").then((status) => status === 400 && status),
  );
  assert.equal(second, 400);
  await writer.close().catch(() => {});
  assert.equal(await slow, 400);
  assert.equal((await closing(server)).description, "data request overlap from client");
});

Deno.test("a poll aborted by the client ends the session", async () => {
  await using server = new EngineServer();
  const sid = await server.open();
  const given = new AbortController();
  const poll = server.fetch(`EIO=4&transport=polling&sid=${sid}`, { signal: given.signal });
  await eventually("the poll has come", () => server.session.transport.writable);
  given.abort();
  await assert.rejects(poll, { name: "AbortError" });
  assert.deepEqual(await closing(server), {
    reason: "transport error",
    description: "poll connection closed prematurely",
  });
});

Deno.test("a close packet ends the session, and the poll with a no-op", async () => {
  await using server = new EngineServer();
  const sid = await server.open();
  const poll = server.poll(sid);
  await eventually("the poll has come", () => server.session.transport.writable);
  assert.equal(await server.post(sid, "4before", "1", "4after"), 200);
  assert.deepEqual(await poll, ["6"]);
  assert.equal(await server.pollStatus(sid), 400);
  assert.deepEqual(await closing(server), { reason: "transport close", description: undefined });
});

Deno.test("a poll that arrives after the client's close packet is answered too", async () => {
  await using server = new EngineServer();
  const sid = await server.open();
  assert.equal(await server.post(sid, "1"), 200);
  const answers = [await server.pollStatus(sid), await server.pollStatus(sid)];
  assert.ok([200, 400].includes(answers[0]), "it came in time, or just after");
  assert.equal(answers[1], 400);
  assert.equal((await closing(server)).reason, "transport close");
});

Deno.test("an orderly close comes with a separate poll, after the pending packets", async () => {
  await using server = new EngineServer();
  const sid = await server.open();
  server.session.send("last words");
  server.session.close();
  assert.deepEqual(await server.poll(sid), ["4last words"]);
  assert.deepEqual(await server.poll(sid), ["6", "1"]);
  assert.equal((await closing(server)).reason, "forced close");
});

Deno.test("a listener that throws ends the session, not the process", async () => {
  const fault = new Error("a fault of ours");
  await using server = new EngineServer();
  const sid = await server.open();
  server.session.on("data", () => {
    throw fault;
  });
  assert.equal(await server.post(sid, "4x"), 500);
  assert.deepEqual(server.faults, [fault]);
  assert.equal(await server.pollStatus(sid), 400);
});
