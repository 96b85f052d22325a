import assert from "node:assert/strict";
import { jsonLog } from "../../src/core/log.ts";
import type { WebhookEndpoint } from "../../src/model/webhook.ts";
import { WebhookHealth } from "../../src/webhooks/health.ts";
import { GIVE_UP_MS, retryAt } from "../../src/webhooks/retry_times.ts";
import { anEndpoint } from "../contract/store/webhooks.ts";

const NOW = 1_000_000_000;
const HOUR_MS = 3_600_000;

/** The health of an endpoint that has failed for so many milliseconds; null for one that works. */
function world(failingMs: number | null, fields: Partial<WebhookEndpoint> = {}) {
  const failingSince = failingMs === null ? null : NOW - failingMs;
  const endpoint = anEndpoint({ url: "https://backend.example/secret", failingSince, ...fields });
  const patches: object[] = [];
  const actions: string[] = [];
  const lines: string[] = [];
  const written: string[] = [];
  let changes = 0;
  const health = new WebhookHealth({
    store: {
      webhooks: { update: (_id: string, patch: object) => Promise.resolve(patches.push(patch)) },
      audit: { add: ({ action }: { action: string }) => Promise.resolve(actions.push(action)) },
    } as never,
    audit: {
      entryOf: (_by: unknown, note: object) => note,
      written: ({ action }: { action: string }) => Promise.resolve(void written.push(action)),
    } as never,
    clock: { now: () => NOW },
    log: jsonLog("info", (line) => lines.push(line)),
    onChanged: () => Promise.resolve(void changes++),
  });
  const done = () => {
    assert.deepEqual(written, actions, "the trail is told of each entry");
    return { patches, actions, changes };
  };
  return { endpoint, health, lines, done };
}

const NOTHING = { patches: [], actions: [], changes: 0 };

Deno.test("WebhookHealth writes nothing for an endpoint that goes on working", async () => {
  const { endpoint, health, done } = world(null);
  assert.equal(await health.succeeded(endpoint), false);
  assert.deepEqual(done(), NOTHING);
});

Deno.test("WebhookHealth notes the first failure, and reports nothing within a minute", async () => {
  const first = world(null);
  await first.health.failed(first.endpoint, "status 500");
  assert.deepEqual(first.done(), { patches: [{ failingSince: NOW }], actions: [], changes: 1 });
  const soon = world(59_999);
  await soon.health.failed(soon.endpoint, "status 500");
  assert.deepEqual([soon.done(), soon.lines], [NOTHING, []]);
});

Deno.test("WebhookHealth reports an endpoint once that fails for a minute, by its origin only", async () => {
  const { endpoint, health, lines, done } = world(60_000);
  await health.failed(endpoint, "status 500");
  const expected = { patches: [{ status: "down" }], actions: ["webhook.down"], changes: 1 };
  assert.deepEqual([done(), lines.length], [expected, 1]);
  assert.ok(!lines[0].includes("secret"), lines[0]);
  await health.failed({ ...endpoint, status: "down" }, "status 500");
  assert.deepEqual(done(), expected);
});

Deno.test("WebhookHealth reports that an endpoint works again if it was reported as down", async () => {
  const mended = { failingSince: null, status: "active" };
  const down = world(60_000, { status: "down" });
  assert.equal(await down.health.succeeded(down.endpoint), true);
  const actions = ["webhook.recovered"];
  assert.deepEqual(down.done(), { patches: [mended], actions, changes: 1 });
  const brief = world(10);
  assert.equal(await brief.health.succeeded(brief.endpoint), true);
  assert.deepEqual(brief.done(), { patches: [mended], actions: [], changes: 1 });
});

Deno.test("WebhookHealth pauses an endpoint without a success for three days, also when it is given up", async () => {
  const paused = {
    patches: [{ status: "paused", pauseReason: "unreachable" }],
    actions: ["webhook.paused"],
    changes: 1,
  };
  const failing = world(GIVE_UP_MS, { status: "down" });
  await failing.health.failed(failing.endpoint, "no answer");
  assert.deepEqual(failing.done(), paused);
  const lately = world(GIVE_UP_MS - 1, { status: "down" });
  await lately.health.failed(lately.endpoint, "no answer");
  assert.deepEqual(lately.done(), NOTHING);
  for (const [ms, expected] of [[2, paused], [2.1, NOTHING]] as const) {
    const given = world(GIVE_UP_MS - ms * HOUR_MS, { status: "down" });
    await given.health.gaveUp(given.endpoint);
    assert.deepEqual(given.done(), expected, `${ms} h`);
  }
  const works = world(null);
  await works.health.gaveUp(works.endpoint);
  assert.deepEqual(works.done(), NOTHING);
});

Deno.test("retryAt doubles the wait up to an hour, respects the endpoint's, and ends after three days", () => {
  const wait = (attempts: number, afterMs = 0, random = 0.5) =>
    retryAt({ attempts, createdAt: NOW }, NOW, afterMs, () => random)! - NOW;
  assert.deepEqual([0, 1, 2, 5].map((attempts) => wait(attempts)), [3_000, 6_000, 12_000, 96_000]);
  assert.equal(wait(40), HOUR_MS);
  assert.deepEqual([wait(1, 0, 0), wait(1, 0, 1)], [5_400, 6_600]);
  assert.deepEqual([wait(0, 60_000), wait(40, 60_000)], [60_000, HOUR_MS]);
  const last = { attempts: 40, createdAt: NOW - GIVE_UP_MS + HOUR_MS };
  assert.equal(retryAt(last, NOW, 0, () => 0.5), NOW + HOUR_MS);
  assert.equal(retryAt({ ...last, createdAt: last.createdAt - 1 }, NOW, 0, () => 0.5), null);
});
