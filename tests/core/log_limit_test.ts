import assert from "node:assert/strict";
import { AppError } from "../../src/core/errors.ts";
import { jsonLog } from "../../src/core/log.ts";
import { limitRepeats } from "../../src/core/log_limit.ts";
import { logServerError } from "../../src/core/server_error_log.ts";

Deno.test("limitRepeats writes a warning a few times per window, and then the number of those left out", () => {
  const lines: string[] = [];
  let now = 0;
  const log = limitRepeats(jsonLog("info", (line) => lines.push(line)), {
    maxPerWindow: 3,
    windowMs: 1_000,
    now: () => now,
  });
  for (let i = 0; i < 100; i++) log.with({ i }).warn("Broker read failed");
  log.warn("Presence update failed");
  assert.equal(lines.length, 4);
  now = 1_000;
  log.warn("Broker read failed");
  assert.equal(JSON.parse(lines.at(-1)!).suppressed, 97);
  log.warn("Broker read failed");
  assert.equal(JSON.parse(lines.at(-1)!).suppressed, undefined);
});

Deno.test("limitRepeats never leaves out an error", () => {
  const lines: string[] = [];
  const log = limitRepeats(jsonLog("info", (line) => lines.push(line)), { maxPerWindow: 1 });
  for (let i = 0; i < 50; i++) log.error("Request failed");
  assert.equal(lines.length, 50);
});

Deno.test("jsonLog passes on the level of each line", () => {
  const levels: string[] = [];
  const log = jsonLog("debug", (_line, level) => levels.push(level));
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  assert.deepEqual(levels, ["debug", "info", "warn", "error"]);
});

Deno.test("logServerError logs only the server's own failures, with their causes", () => {
  const lines: string[] = [];
  const log = jsonLog("info", (line) => lines.push(line));
  logServerError(log, new AppError("not_found", "There is no chat"), { requestId: "1" });
  assert.equal(lines.length, 0);
  const cause = new Error("The bucket does not exist");
  logServerError(log, new AppError("unavailable", "Uploading failed", { cause }), {
    requestId: "2",
  });
  const { level, requestId, error } = JSON.parse(lines[0]);
  assert.deepEqual([level, requestId, error.cause.message], [
    "error",
    "2",
    "The bucket does not exist",
  ]);
});
