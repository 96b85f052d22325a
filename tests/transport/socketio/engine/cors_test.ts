import assert from "node:assert/strict";
import type { CorsOptions } from "../../../../src/transport/socketio/engine/mod.ts";
import { EngineServer } from "./engine_server.ts";

const HANDSHAKE = "EIO=4&transport=polling";
const ORIGIN = "https://chat.example";

async function allowedOrigin(cors: CorsOptions | undefined, origin = ORIGIN) {
  await using server = new EngineServer({ cors });
  const response = await server.fetch(HANDSHAKE, { headers: { origin } });
  await response.text();
  return [response.headers.get("access-control-allow-origin"), response.headers.get("vary")];
}

Deno.test("without the cors option there are no CORS headers, and OPTIONS is a bad request", async () => {
  assert.deepEqual(await allowedOrigin(undefined), [null, null]);
  await using server = new EngineServer();
  assert.equal(await server.status(HANDSHAKE, { method: "OPTIONS" }), 400);
});

const CASES: [what: string, origin: CorsOptions["origin"], allowed: string | null][] = [
  ["everyone", "*", "*"],
  ["everyone, said otherwise", true, "*"],
  ["nobody", false, null],
  ["the origin by name", ORIGIN, ORIGIN],
  ["another origin", "https://other.example", null],
  ["one of a list", ["https://other.example", /\.example$/g], ORIGIN],
  ["the origin by function", (origin) => origin === ORIGIN, ORIGIN],
];

for (const [what, origin, allowed] of CASES) {
  Deno.test(`CORS for ${what}`, async () => {
    const vary = allowed === "*" ? null : "Origin";
    assert.deepEqual(await allowedOrigin({ origin }), [allowed, vary]);
  });
}

Deno.test("CORS with credentials names the request's origin", async () => {
  assert.deepEqual(await allowedOrigin({ origin: "*", credentials: true }), [ORIGIN, "Origin"]);
});

Deno.test("a preflight allows the requested headers", async () => {
  await using server = new EngineServer({ cors: { origin: "*", maxAge: 60 } });
  const response = await server.fetch(HANDSHAKE, {
    method: "OPTIONS",
    headers: {
      origin: ORIGIN,
      "access-control-request-method": "POST",
      "access-control-request-headers": "x-token",
    },
  });
  assert.equal(response.status, 204);
  const { headers } = response;
  assert.equal(headers.get("access-control-allow-origin"), "*");
  assert.equal(headers.get("access-control-allow-methods"), "GET, POST");
  assert.equal(headers.get("access-control-allow-headers"), "x-token");
  assert.equal(headers.get("access-control-max-age"), "60");
});

Deno.test("CORS lets pages of other origins read a refusal", async () => {
  await using server = new EngineServer({ cors: { origin: ORIGIN, exposedHeaders: ["x-a"] } });
  const response = await server.fetch("EIO=4", { headers: { origin: ORIGIN } });
  await response.text();
  assert.equal(response.status, 400);
  assert.equal(response.headers.get("access-control-allow-origin"), ORIGIN);
  assert.equal(response.headers.get("access-control-expose-headers"), "x-a");
});

Deno.test("a WebSocket opens with CORS enabled", async () => {
  await using server = new EngineServer({ cors: { origin: "*" } });
  await server.connect();
});

Deno.test("an origin function that throws is reported, and opens no session", async () => {
  const fault = new Error("a fault of ours");
  const origin = () => {
    throw fault;
  };
  await using server = new EngineServer({ cors: { origin } });
  const headers = { origin: ORIGIN };
  assert.equal(await server.status(HANDSHAKE, { headers }), 500);
  const asked = { ...headers, "access-control-request-method": "POST" };
  assert.equal(await server.status(HANDSHAKE, { method: "OPTIONS", headers: asked }), 500);
  assert.deepEqual([server.faults, server.sessions], [[fault, fault], []]);
});
