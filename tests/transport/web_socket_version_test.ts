import assert from "node:assert/strict";
import { RawWebSocket } from "../support/raw_web_socket.ts";
import { RunningApp } from "../support/running_app.ts";

Deno.test("every transport names the required WebSocket version when a handshake has another one", async () => {
  await using app = await RunningApp.start();
  for (const path of ["/ws", "/socket.io/?EIO=4&transport=websocket"]) {
    for (const version of ["8", "14", ""]) {
      const headers = { "sec-websocket-version": version };
      using refused = await RawWebSocket.open(app.url + path, headers);
      assert.equal(refused.status, 426, `${path} ${version}`);
      assert.equal(refused.headers.get("sec-websocket-version"), "13", path);
      assert.equal(refused.headers.get("upgrade"), "websocket", path);
      assert.match(refused.headers.get("connection") ?? "", /upgrade/i, path);
    }
    using accepted = await RawWebSocket.open(app.url + path);
    assert.equal(accepted.status, 101, path);
  }
});
