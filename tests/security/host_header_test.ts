import assert from "node:assert/strict";
import { RunningApp } from "../support/running_app.ts";
import { RawHttp, SOCKET_IO_POLL_PATH, SOCKET_IO_WS_PATH, UPGRADE, WS_PATH } from "./raw_http.ts";

/** Every transport, with the headers that it needs. */
const WAYS: [path: string, headers: Record<string, string>][] = [
  ["/", {}],
  ["/api/users/profile", {}],
  ["/docs", {}],
  [WS_PATH, UPGRADE],
  [SOCKET_IO_WS_PATH, UPGRADE],
  [SOCKET_IO_POLL_PATH, {}],
];

const WRONG = [
  "a/metrics?x=",
  "a/healthz#",
  "a?x",
  "a\\b",
  "user@a",
  "a:80:80",
  "a:port",
  "a:99999",
  "1.2.3.4.5",
  "a b",
  "[::1",
  "a,b",
  "%61",
  "",
];

const RIGHT = ["chat.example.com", "chat.example.com:443", "127.0.0.1:5000", "[2001:db8::1]:80"];

/** Returns the status and the body, and closes the connection. */
async function ask(app: RunningApp, path: string, lines: Record<string, string>) {
  using connection = await RawHttp.open(app);
  const all = { Connection: "close", ...lines };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await connection.write(`GET ${path} HTTP/1.1\r\n${head}\r\n`);
  const answer = await (lines.Upgrade ? connection.head() : connection.until(/(?!)/));
  return { status: Number(answer.split(" ")[1]), answer };
}

Deno.test({
  name: "an invalid or missing Host is rejected by every transport",
  fn: async () => {
    await using app = await RunningApp.start();
    for (const [path, headers] of WAYS) {
      for (const host of WRONG) {
        const { status, answer } = await ask(app, path, { ...headers, Host: host });
        assert.equal(status, 400, `${path} with Host: ${host}`);
        assert.doesNotMatch(answer, /realtimechat_sockets/);
      }
      assert.equal((await ask(app, path, headers)).status, 400, `${path} without Host`);
      for (const host of RIGHT) {
        const { status } = await ask(app, path, { ...headers, Host: host });
        assert.notEqual(status, 400, `${path} with Host: ${host}`);
      }
    }
    assert.equal((await ask(app, "/healthz", {})).status, 200, "a probe without Host");
  },
});

Deno.test("disabled features return 404, and the API works", async () => {
  await using app = await RunningApp.start({
    SERVE_METRICS: "off",
    SERVE_DOCS: "off",
    SERVE_PAGE: "off",
  });
  const gone = ["/metrics", "/docs", "/docs/start.js", "/api/openapi.json", "/api/asyncapi.json"];
  for (const path of [...gone, "/", "/web/main.js"]) {
    assert.equal((await app.client().get(path)).status, 404, path);
  }
  assert.equal((await app.client().get("/healthz")).status, 200);
  assert.equal((await app.client().get("/api/users/profile")).status, 401);
});
