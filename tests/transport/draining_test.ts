import assert from "node:assert/strict";
import { sendMessage } from "../../src/api/operations/messages.ts";
import { CuttableProxy } from "../support/cuttable_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { sharedMongodb } from "../support/mongodb_server.ts";
import { RawWebSocket } from "../support/raw_web_socket.ts";
import { RunningApp } from "../support/running_app.ts";
import { TRANSPORTS } from "../support/transports.ts";
import { within } from "../support/within.ts";
import {
  rawHead,
  SOCKET_IO_POLL_PATH,
  SOCKET_IO_WS_PATH,
  UPGRADE,
  WS_PATH,
} from "../security/raw_http.ts";

const OPENINGS: [path: string, headers: Record<string, string>][] = [
  [WS_PATH, UPGRADE],
  [SOCKET_IO_WS_PATH, UPGRADE],
  [SOCKET_IO_POLL_PATH, {}],
];

Deno.test("a draining server is not ready, refuses sockets, and answers requests", async () => {
  const app = await RunningApp.start();
  const { ann } = await app.people("ann");
  // It does not answer the close, so the drain waits for it.
  using deaf = await RawWebSocket.open(app.webSocketUrl);
  await deaf.command(1, "hello", { token: ann.token });
  await within("it is greeted", deaf.next());
  const held = Promise.withResolvers<void>();
  // The server continues until the test has checked it.
  const drain = app.stop(held.promise);
  assert.equal(await within("it is told to go elsewhere", deaf.closeCode()), 1012);
  for (const [path, headers] of OPENINGS) {
    const head = await rawHead(app, `GET ${path}`, headers);
    assert.match(head, /^HTTP\/1\.1 503 /, path);
    assert.match(head, /^retry-after: 1$/im, path);
  }
  const ready = await app.client().get("/readyz");
  assert.deepEqual([ready.status, ready.body.status], [503, "draining"]);
  assert.equal((await app.client(ann).get("/api/users/profile")).status, 200);
  held.resolve();
  await within("the drain ends", drain);
});

const mongodb = sharedMongodb();

for (const transport of TRANSPORTS) {
  Deno.test({
    name: `a draining server answers a send whose commit is in flight (${transport.name})`,
    ignore: mongodb.missing,
    // The timers of Socket.IO's client outlive its close a little.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const uri = new URL(mongodb.uri());
      const { port } = uri;
      await using proxy = new CuttableProxy(() => Number(port));
      uri.port = String(proxy.port);
      const app = await RunningApp.start({ MONGODB_URI: uri.href });
      const { ann, bob } = await app.people("ann", "bob");
      const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
      await using client = await transport.open(app, ann.token);
      const held = proxy.holdAnswerTo("sent at the end");
      const sent = client.run(sendMessage, { chatId: chat.id, text: "sent at the end" });
      await within("its commit is in flight", held);
      const drain = app.stop();
      await eventually("the server drains", async () => {
        return /^HTTP\/1\.1 503 /.test(await rawHead(app, `GET ${WS_PATH}`, UPGRADE));
      });
      proxy.silence(false);
      const { ok, data } = await within("the send is answered", sent);
      assert.deepEqual([ok, data?.text], [true, "sent at the end"]);
      await within("the drain ends", drain);
    },
  });
}
