import assert from "node:assert/strict";
import { EngineServer } from "./engine_server.ts";

const HANDSHAKE = "EIO=4&transport=polling";

Deno.test("allowRequest admits or refuses, with its own text", async () => {
  await using server = new EngineServer({
    allowRequest: async (request) => {
      await request.text();
      const name = new URL(request.url).searchParams.get("name");
      return name === "ada" ? true : name === "eve" ? "Not you" : false;
    },
  });
  assert.equal(await server.status(`${HANDSHAKE}&name=ada`), 200);
  const eve = await server.fetch(`${HANDSHAKE}&name=eve`);
  assert.deepEqual([eve.status, await eve.json()], [403, { code: 4, message: "Not you" }]);
  const other = await server.fetch(HANDSHAKE);
  assert.deepEqual([other.status, await other.json()], [403, { code: 4, message: "Forbidden" }]);
  assert.deepEqual(server.refusals.map(({ code }) => code), [4, 4]);
});

Deno.test("allowRequest runs once for each session", async () => {
  let asked = 0;
  await using server = new EngineServer({ allowRequest: () => ++asked > 0 });
  const sid = await server.open();
  await server.post(sid, "4x");
  assert.equal(asked, 1);
});

Deno.test("a hook that throws refuses the session, and its error goes to onFault", async () => {
  const fault = new Error("a fault of ours");
  const fail = () => {
    throw fault;
  };
  await using server = new EngineServer({ allowRequest: fail });
  assert.equal(await server.status(HANDSHAKE), 403);
  await using second = new EngineServer({ allowOrigin: fail });
  assert.equal(await second.status(HANDSHAKE), 500);
  assert.deepEqual([server.faults, second.faults], [[fault], [fault]]);
  assert.equal(server.engine.clientsCount + second.engine.clientsCount, 0);
});

Deno.test("allowRequest refuses a WebSocket before its upgrade", async () => {
  await using server = new EngineServer({ allowRequest: () => false });
  assert.equal((await server.socket().closed).wasClean, false);
  assert.deepEqual([server.refusals.length, server.sessions.length], [1, 0]);
});

Deno.test("allowOrigin runs for every request, WebSockets included", async () => {
  const asked: (string | null)[] = [];
  await using server = new EngineServer({
    allowOrigin: (origin) => {
      asked.push(origin);
      return origin !== "https://evil.example";
    },
  });
  const sid = await server.open();
  const headers = { origin: "https://evil.example" };
  const query = `${HANDSHAKE}&sid=${sid}`;
  assert.equal(await server.status(query, { method: "POST", body: "4x", headers }), 403);
  assert.equal(await server.status(HANDSHAKE, { headers }), 403);
  await server.connect();
  const { length } = asked.filter((origin) => origin === headers.origin);
  assert.deepEqual([asked.length, length], [4, 2]);
});

Deno.test("listeners of the headers events add headers to responses of polls and upgrades", async () => {
  await using server = new EngineServer();
  server.engine.on("initial_headers", (headers) => headers["x-first"] = "1");
  server.engine.on("headers", (headers) => headers["x-every"] = ["a", "b"]);
  const first = await server.fetch(HANDSHAKE);
  const { sid } = JSON.parse((await first.text()).slice(1));
  assert.deepEqual([first.headers.get("x-first"), first.headers.get("x-every")], ["1", "a, b"]);
  const post = await server.fetch(`${HANDSHAKE}&sid=${sid}`, { method: "POST", body: "4x" });
  await post.text();
  assert.deepEqual([post.headers.get("x-first"), post.headers.get("x-every")], [null, "a, b"]);
});

Deno.test("middleware is refused when it is added", async () => {
  await using server = new EngineServer();
  assert.throws(() => server.engine.use(), /wrap engine\.handle/);
});
