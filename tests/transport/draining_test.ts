import assert from "node:assert/strict";
import { RawWebSocket } from "../support/raw_web_socket.ts";
import { RunningApp } from "../support/running_app.ts";
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
