import assert from "node:assert/strict";
import { VERSION } from "../../src/version.ts";
import manifest from "../../deno.json" with { type: "json" };
import { RunningApp } from "../support/running_app.ts";

Deno.test("the version is that of deno.json, and /healthz and the documents report it", async () => {
  assert.equal(VERSION, manifest.version);
  await using app = await RunningApp.start();
  const http = app.client();
  assert.deepEqual((await http.get("/healthz")).body, { status: "ok", version: VERSION });
  assert.equal((await http.get("/api/openapi.json")).body.info.version, VERSION);
});
