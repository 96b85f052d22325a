import assert from "node:assert/strict";
import { loadConfig } from "../../src/config.ts";
import { DEFAULT_LIMITS } from "../../src/api/limits.ts";
import { VARIABLE_NAMES } from "../../src/config/variables.ts";
import { DEFAULT_RATES } from "../../src/api/rate_limits.ts";
import { PRODUCTION } from "./support.ts";

const lines = Deno.readTextFileSync(new URL("../../.env.example", import.meta.url)).split("\n");
const ASSIGNMENT = /^#?([A-Z][A-Z0-9_]*)=(.*)$/;
const assignments = lines.flatMap((line) => {
  const match = ASSIGNMENT.exec(line);
  return match ? [[match[1], match[2]] as const] : [];
});

Deno.test(".env.example and the configuration name the same variables, each once", () => {
  const named = assignments.map(([name]) => name);
  assert.deepEqual(named.toSorted(), VARIABLE_NAMES.toSorted());
});

Deno.test(".env.example explains every variable above it or above its group", () => {
  for (const [i, line] of lines.entries()) {
    if (!ASSIGNMENT.test(line)) continue;
    const before = lines.slice(0, i).findLast((other) => !ASSIGNMENT.test(other)) ?? "";
    assert.match(before, /^# \S+/, line);
  }
});

Deno.test("the values that .env.example shows are accepted, and limits and rates are the defaults", () => {
  const shown = Object.fromEntries(assignments.filter(([, value]) => value !== ""));
  const together = {
    FACEBOOK_APP_ID: "1",
    FACEBOOK_APP_SECRET: "x",
    DENO_KV_ACCESS_TOKEN: "x",
  };
  const config = loadConfig({ ...shown, ...PRODUCTION, ...together });
  assert.deepEqual(config.limits, DEFAULT_LIMITS);
  assert.deepEqual(config.rates, DEFAULT_RATES);
});
