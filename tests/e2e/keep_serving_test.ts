import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { ServerProcess } from "../support/server_process.ts";

Deno.test("keepServing logs and counts an unhandled rejection, and continues to serve", async () => {
  await using server = await ServerProcess.start({
    script: "tests/support/fixtures/rejecting_server.ts",
  });
  const ask = async (path: string) => await (await fetch(server.url + path)).text();
  await ask("/reject");
  await ask("/reject");
  await eventually("both are counted", async () => await ask("/healthz") === "2");
  const lines = server.log.split("\n").filter((line) => line.includes("left behind"));
  assert.equal(lines.length, 2, server.log);
  assert.match(lines[0], /"level":"error".*Unhandled promise rejection/);
});
