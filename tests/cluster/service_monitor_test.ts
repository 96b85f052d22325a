import assert from "node:assert/strict";
import { ServiceMonitor } from "../../src/cluster/shared/service_monitor.ts";
import { eventually } from "../support/eventually.ts";

/** Longer than a call may take before it is a fault. */
const LATER = 3_000;

const never = () => new Promise<never>(() => {});
const fail = () => Promise.reject(new Error("refused"));
const work = () => Promise.resolve("answer");

/** A monitor, the number of recoveries it reported, and a clock that runs ahead of the real one. */
function world(timeoutMs?: number) {
  const counts = { recoveries: 0 };
  const clock = { ahead: 0 };
  const now = () => performance.now() + clock.ahead;
  const monitor = new ServiceMonitor("The service", () => counts.recoveries++, { timeoutMs, now });
  return { monitor, counts, clock };
}

Deno.test("ServiceMonitor returns the result of a call, and counts it", async () => {
  const { monitor, counts } = world();
  assert.equal(await monitor.run("write", work), "answer");
  await assert.rejects(monitor.run("write", fail), /refused/);
  assert.deepEqual([monitor.calls, monitor.fault(), counts.recoveries], [2, null, 0]);
});

Deno.test("ServiceMonitor reports a long failure as a fault, and the first success as one recovery", async () => {
  const { monitor, counts, clock } = world();
  await assert.rejects(monitor.run("write", fail));
  assert.equal(monitor.fault(), null, "once is nothing");
  clock.ahead += LATER;
  await assert.rejects(monitor.run("write", fail));
  assert.match(monitor.fault()!, /The service fails: refused/);
  await Promise.all([monitor.run("write", work), monitor.run("write", work)]);
  assert.deepEqual([monitor.fault(), counts.recoveries], [null, 1]);
});

Deno.test("ServiceMonitor reports no recovery after a short failure", async () => {
  const { monitor, counts } = world();
  await assert.rejects(monitor.run("write", fail));
  await monitor.run("write", work);
  assert.equal(counts.recoveries, 0);
});

Deno.test("ServiceMonitor reports a call without a response as a fault until it responds", async () => {
  const { monitor, counts, clock } = world();
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow = monitor.run("write", () => promise);
  assert.equal(monitor.fault(), null);
  clock.ahead += LATER;
  assert.match(monitor.fault()!, /has not responded/);
  resolve();
  await slow;
  assert.deepEqual([monitor.fault(), counts.recoveries], [null, 1]);
});

Deno.test("ServiceMonitor reports one recovery for many calls that waited for it", async () => {
  const { monitor, counts, clock } = world();
  const { promise, resolve } = Promise.withResolvers<void>();
  const waiting = Array.from({ length: 5 }, () => monitor.run("write", () => promise));
  clock.ahead += LATER;
  resolve();
  await Promise.all(waiting);
  assert.equal(counts.recoveries, 1);
  clock.ahead += LATER;
  await assert.rejects(monitor.run("write", fail));
  clock.ahead += LATER;
  await monitor.run("write", work);
  assert.equal(counts.recoveries, 2, "another fault has another recovery");
});

Deno.test("ServiceMonitor times a call out, which counts as failing since it began", async () => {
  const { monitor, clock } = world(5);
  await assert.rejects(monitor.run("write", never), /no response/);
  clock.ahead += LATER;
  assert.match(monitor.fault()!, /no response/);
  await eventually("the service works again", () => monitor.run("write", work));
  assert.equal(monitor.fault(), null);
});

Deno.test("ServiceMonitor makes no further call of a kind while one that timed out goes on", async () => {
  const monitor = new ServiceMonitor("The service", () => {}, {
    timeoutMs: 20,
    repeatsCalls: true,
  });
  const { promise, resolve } = Promise.withResolvers<string>();
  let made = 0;
  const call = () => {
    made++;
    return promise;
  };
  for (let i = 0; i < 3; i++) await assert.rejects(monitor.run("write", call), /no response/);
  assert.equal(made, 1, "the service's client repeats the first one");
  assert.equal(await monitor.run("read", work), "answer", "another kind goes on");
  resolve("late");
  assert.equal(await eventually("it works again", () => monitor.run("write", call)), "late");
  assert.equal(made, 2, "those that timed out meanwhile are not made any more");
});
