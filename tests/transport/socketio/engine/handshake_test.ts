import assert from "node:assert/strict";
import { EngineServer } from "./engine_server.ts";

const OPTIONS = { pingInterval: 7000, pingTimeout: 3000, maxHttpBufferSize: 5000 };

Deno.test("a polling handshake contains the session's parameters", async () => {
  await using server = new EngineServer(OPTIONS);
  const response = await server.fetch("EIO=4&transport=polling");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("cache-control"), "no-store");
  const text = await response.text();
  assert.equal(text[0], "0");
  const { sid, ...rest } = JSON.parse(text.slice(1));
  assert.match(sid, /^[\w-]{20}$/);
  assert.deepEqual(rest, {
    upgrades: ["websocket"],
    pingInterval: 7000,
    pingTimeout: 3000,
    maxPayload: 5000,
  });
});

Deno.test("a WebSocket handshake offers no upgrade", async () => {
  await using server = new EngineServer(OPTIONS);
  const first = await server.socket().next();
  assert.equal(JSON.parse(String(first).slice(1)).upgrades.length, 0);
});

Deno.test("polling offers no upgrade if WebSockets are disabled or upgrades are not allowed", async () => {
  for (const options of [{ transports: ["polling" as const] }, { allowUpgrades: false }]) {
    await using server = new EngineServer(options);
    const text = await (await server.fetch("EIO=4&transport=polling")).text();
    assert.deepEqual(JSON.parse(text.slice(1)).upgrades, []);
  }
});

const REFUSED: [what: string, query: string, init: RequestInit, code: number][] = [
  ["no protocol revision", "transport=polling", {}, 5],
  ["revision 3", "EIO=3&transport=polling", {}, 5],
  ["an unknown revision", "EIO=abc&transport=polling", {}, 5],
  ["no transport", "EIO=4", {}, 0],
  ["an unknown transport", "EIO=4&transport=carrier-pigeon", {}, 0],
  ["an inherited property as transport", "EIO=4&transport=constructor", {}, 0],
  ["an unknown session", "EIO=4&transport=polling&sid=nobody", {}, 1],
  ["an inherited property as session", "EIO=4&transport=polling&sid=__proto__", {}, 1],
  ["a POST without a session", "EIO=4&transport=polling", { method: "POST", body: "4a" }, 2],
  ["a PUT without a session", "EIO=4&transport=polling", { method: "PUT", body: "4a" }, 2],
  ["WebSocket without an upgrade", "EIO=4&transport=websocket", {}, 3],
  [
    "an upgrade that is no handshake",
    "EIO=4&transport=websocket",
    { headers: { upgrade: "websocket" } },
    3,
  ],
];

for (const [what, query, init, code] of REFUSED) {
  Deno.test(`${what} is refused`, async () => {
    await using server = new EngineServer();
    const response = await server.fetch(query, init);
    assert.equal(response.status, 400);
    assert.equal((await response.json()).code, code);
    assert.deepEqual(server.refusals.map((one) => one.code), [code]);
    assert.deepEqual([server.sessions.length, server.faults], [0, []]);
  });
}

for (const query of ["transport=websocket", "EIO=4", "EIO=4&transport=websocket&sid=nobody"]) {
  Deno.test(`a WebSocket with ?${query} is refused`, async () => {
    await using server = new EngineServer();
    assert.equal((await server.socket(query).closed).wasClean, false);
    assert.equal(server.refusals.length, 1);
  });
}

Deno.test("a disabled transport is refused", async () => {
  await using server = new EngineServer({ transports: ["websocket"] });
  assert.equal(await server.status("EIO=4&transport=polling"), 400);
  await server.connect();
});

Deno.test("a session keeps its handshake and its address", async () => {
  await using server = new EngineServer({
    remoteAddress: (request) => request.headers.get("x-real-ip") ?? "unknown",
  });
  await (await server.fetch("EIO=4&transport=polling&a=b", {
    headers: { "x-real-ip": "192.0.2.7" },
  }))
    .text();
  const { request, remoteAddress } = server.session;
  assert.equal(remoteAddress, "192.0.2.7");
  assert.equal(request.url, "/engine.io/?EIO=4&transport=polling&a=b");
  assert.equal(request.headers["x-real-ip"], "192.0.2.7");
});

Deno.test("a session has the peer's address by default", async () => {
  await using server = new EngineServer();
  await server.open();
  assert.equal(server.session.remoteAddress, "127.0.0.1");
});

Deno.test("the cookie option sets the session's id on the handshake only", async () => {
  await using server = new EngineServer({ cookie: { name: "io", path: "/" } });
  const response = await server.fetch("EIO=4&transport=polling");
  const { sid } = JSON.parse((await response.text()).slice(1));
  assert.match(response.headers.get("set-cookie") ?? "", new RegExp(`^io=${sid};`));
  server.session.send("x");
  const poll = await server.fetch(`EIO=4&transport=polling&sid=${sid}`);
  assert.deepEqual([await poll.text(), poll.headers.get("set-cookie")], ["4x", null]);
});
