import assert from "node:assert/strict";
import { silentLog } from "../../src/core/log.ts";
import { Health, type HealthCheck } from "../../src/http/health.ts";
import { eventually } from "../support/eventually.ts";
import { demoApp, send } from "./demo.ts";

const check = (name: string, kind: HealthCheck["kind"], run: () => Promise<void>) => ({
  name,
  kind,
  check: run,
});
const passes = () => Promise.resolve();
const fails = () => Promise.reject(new Error("mongodb://user:secret@host is away"));
const hangs = () => new Promise<void>(() => {});

async function probe(checks: HealthCheck[]) {
  const { app } = demoApp({ checks });
  assert.equal((await send(app, "GET", "/healthz")).status, 200);
  const { status, body, text, headers } = await send(app, "GET", "/readyz");
  assert(!text.includes("secret"));
  assert.equal(headers.get("retry-after"), status === 503 ? "5" : null);
  return { status, body };
}

Deno.test("Health reports ready, degraded and unavailable", async () => {
  assert.deepEqual(await probe([check("store", "ready", passes)]), {
    status: 200,
    body: { status: "ready", checks: { store: "ok" } },
  });
  assert.deepEqual(
    await probe([check("store", "ready", passes), check("broker", "degraded", fails)]),
    { status: 200, body: { status: "degraded", checks: { store: "ok", broker: "failing" } } },
  );
  assert.deepEqual(
    await probe([check("store", "ready", fails), check("broker", "degraded", fails)]),
    {
      status: 503,
      body: { status: "unavailable", checks: { store: "failing", broker: "failing" } },
    },
  );
});

Deno.test("Health counts a check that hangs as failing", async () => {
  const { status, body } = await probe([check("store", "ready", hangs)]);
  assert.equal(status, 503);
  assert.equal(body.checks.store, "failing");
});

Deno.test("Health counts a check that throws synchronously as failing", async () => {
  const throws = () => {
    throw new Error("broken");
  };
  assert.equal((await probe([check("store", "ready", throws)])).status, 503);
});

Deno.test("Health is ready again after a failed check has recovered", async () => {
  let broken = true;
  const { app } = demoApp({
    checks: [check("store", "ready", () => broken ? fails() : passes())],
  });
  assert.equal((await send(app, "GET", "/readyz")).status, 503);
  broken = false;
  await eventually("it is ready", async () => (await send(app, "GET", "/readyz")).status === 200);
});

Deno.test("Health reports a draining instance as not ready, but alive", async () => {
  const { app, health } = demoApp({ checks: [check("store", "ready", passes)] });
  health.drain();
  const ready = await send(app, "GET", "/readyz");
  assert.equal(ready.status, 503);
  assert.equal(ready.body.status, "draining");
  assert.equal((await send(app, "GET", "/healthz")).status, 200);
});

Deno.test("Health gives probes the time to notice a drain, if there are any", async () => {
  const health = new Health([], silentLog, { noticeMs: 50 });
  const isNoticed = async () => {
    let isOver = false;
    const noticed = health.noticed().then(() => isOver = true);
    await new Promise((resolve) => setTimeout(resolve));
    const wasOver = isOver;
    await noticed;
    return wasOver;
  };
  assert.equal(await isNoticed(), true, "nothing probes");
  await health.report();
  health.drain();
  assert.equal(await isNoticed(), false);
});

Deno.test("Health runs its checks once for many concurrent probes", async () => {
  let asked = 0;
  const { health } = demoApp({
    checks: [check("store", "ready", () => Promise.resolve(void asked++))],
  });
  await Promise.all(Array.from({ length: 20 }, () => health.report()));
  assert.equal(asked, 1);
});
