import assert from "node:assert/strict";
import { jsonLog } from "../../src/core/log.ts";
import { urlHost } from "../../src/core/url_host.ts";
import { announce } from "../../src/start.ts";

Deno.test("urlHost puts IPv6 addresses into brackets, once", () => {
  const hosts = ["::1", "[::1]", "127.0.0.1", "chat.example.com"];
  assert.deepEqual(hosts.map(urlHost), ["[::1]", "[::1]", "127.0.0.1", "chat.example.com"]);
});

Deno.test("the address that a start announces can be opened, for IPv6 too", () => {
  const urls = ["::1", "::", "0.0.0.0", "127.0.0.1"].map((hostname) => {
    const lines: string[] = [];
    announce(jsonLog("info", (line) => lines.push(line)), {
      transport: "tcp",
      hostname,
      port: 5000,
    });
    const { url, docs, openapi } = JSON.parse(lines[0]);
    assert.deepEqual([docs, openapi], [`${url}/docs`, `${url}/api/openapi.json`]);
    return new URL(url).origin;
  });
  const local = "http://localhost:5000";
  assert.deepEqual(urls, ["http://[::1]:5000", local, local, "http://127.0.0.1:5000"]);
});
