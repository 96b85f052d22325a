import assert from "node:assert/strict";
import { io } from "socket.io-client";
import { conformanceHandler } from "../../../src/transport/socketio/conformance_server.ts";
import { within } from "../../support/within.ts";

/** Heartbeats of half a second and the client library's timers outlive the test. */
const OPTIONS = { sanitizeOps: false, sanitizeResources: false };

async function withServer(run: (url: string) => Promise<void>): Promise<void> {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(options, conformanceHandler());
  try {
    await run(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

Deno.test("the conformance server answers as the suites expect", OPTIONS, async () => {
  await withServer(async (url) => {
    assert.equal(await (await fetch(`${url}/healthz`)).text(), "ok");
    assert.equal(await (await fetch(`${url}/other`)).text(), "Not found");
    for (const path of ["engine.io", "socket.io"]) {
      const response = await fetch(`${url}/${path}/?EIO=4&transport=polling`, {
        headers: { origin: "https://suite.example" },
      });
      assert.equal(response.headers.get("access-control-allow-origin"), "*");
      const { pingInterval, pingTimeout, maxPayload } = JSON.parse(
        (await response.text()).slice(1),
      );
      assert.deepEqual([pingInterval, pingTimeout, maxPayload], [300, 200, 1_000_000]);
    }
  });
});

for (const namespace of ["/", "/custom"]) {
  Deno.test(`the conformance server sends its auth to ${namespace}`, OPTIONS, async () => {
    await withServer(async (url) => {
      const client = io(url + namespace, { transports: ["websocket"], auth: { token: "123" } });
      const auth = await within(
        "auth comes",
        new Promise((resolve) => client.once("auth", resolve)),
      );
      client.close();
      assert.deepEqual(auth, { token: "123" });
    });
  });
}

Deno.test("the conformance server echoes and acknowledges", OPTIONS, async () => {
  await withServer(async (url) => {
    const client = io(url, { transports: ["websocket"] });
    const back = new Promise((resolve) => client.once("message-back", (...args) => resolve(args)));
    client.emit("message", 1, "2", { 3: [true] });
    assert.deepEqual(await back, [1, "2", { 3: [true] }]);
    client.emit("message-with-ack", "nobody waits");
    assert.equal(await client.emitWithAck("message-with-ack", "x"), "x");
    client.close();
  });
});
