import assert from "node:assert/strict";
import { ServiceMonitor } from "../../src/cluster/shared/service_monitor.ts";
import { eventually } from "../support/eventually.ts";

/** Longer than a call may take before it is a fault. */
const LATER = 3_000;

const never = () => new Promise<never>(() => {});
const fail = () => Promise.reject(new Error("refused"));
const work = () => Promise.resolve("answer");

/** A monitor, how often it told of a recovery, and a clock that runs ahead of the real one. */
function world(timeoutMs?: number) {
  const told = { recoveries: 0 };
  const clock = { ahead: 0 };
  const now = () => performance.now() + clock.ahead;
  const monitor = new ServiceMonitor("The service", () => told.recoveries++, { timeoutMs, now });
  return { monitor, told, clock };
}

Deno.test("a call answers as it does, and is counted", async () => {
  const { monitor, told } = world();
  assert.equal(await monitor.run("write", work), "answer");
  await assert.rejects(monitor.run("write", fail), /refused/);
  assert.deepEqual([monitor.calls, monitor.fault(), told.recoveries], [2, null, 0]);
});

Deno.test("failing for long is a fault, and the first success ends it and is told once", async () => {
  const { monitor, told, clock } = world();
  await assert.rejects(monitor.run("write", fail));
  assert.equal(monitor.fault(), null, "once is nothing");
  clock.ahead += LATER;
  await assert.rejects(monitor.run("write", fail));
  assert.match(monitor.fault()!, /The service fails: refused/);
  await Promise.all([monitor.run("write", work), monitor.run("write", work)]);
  assert.deepEqual([monitor.fault(), told.recoveries], [null, 1]);
});

Deno.test("a short failure is not told of as a recovery", async () => {
  const { monitor, told } = world();
  await assert.rejects(monitor.run("write", fail));
  await monitor.run("write", work);
  assert.equal(told.recoveries, 0);
});

Deno.test("a call without an answer is a fault, until it answers", async () => {
  const { monitor, told, clock } = world();
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow = monitor.run("write", () => promise);
  assert.equal(monitor.fault(), null);
  clock.ahead += LATER;
  assert.match(monitor.fault()!, /has not responded/);
  resolve();
  await slow;
  assert.deepEqual([monitor.fault(), told.recoveries], [null, 1]);
});

Deno.test("of many calls that waited for the same recovery one tells it", async () => {
  const { monitor, told, clock } = world();
  const { promise, resolve } = Promise.withResolvers<void>();
  const waiting = Array.from({ length: 5 }, () => monitor.run("write", () => promise));
  clock.ahead += LATER;
  resolve();
  await Promise.all(waiting);
  assert.equal(told.recoveries, 1);
  clock.ahead += LATER;
  await assert.rejects(monitor.run("write", fail));
  clock.ahead += LATER;
  await monitor.run("write", work);
  assert.equal(told.recoveries, 2, "another fault has a recovery of its own");
});

Deno.test("a call that never answers is given up, and counts as failing since it began", async () => {
  const { monitor, clock } = world(5);
  await assert.rejects(monitor.run("write", never), /no response/);
  clock.ahead += LATER;
  assert.match(monitor.fault()!, /no response/);
  await eventually("the service works again", () => monitor.run("write", work));
  assert.equal(monitor.fault(), null);
});
