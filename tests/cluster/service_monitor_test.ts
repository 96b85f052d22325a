import assert from "node:assert/strict";
import { Pulse } from "../../src/cluster/shared/service_monitor.ts";
import { eventually } from "../support/eventually.ts";

/** Longer than a call may take before it is a fault. */
const LATER = 3_000;

const never = () => new Promise<never>(() => {});
const fail = () => Promise.reject(new Error("refused"));
const work = () => Promise.resolve("answer");

/** A pulse, how often it told of a recovery, and a clock that runs ahead of the real one. */
function world(giveUpMs?: number) {
  const told = { recoveries: 0 };
  const clock = { ahead: 0 };
  const now = () => performance.now() + clock.ahead;
  const pulse = new Pulse("The service", () => told.recoveries++, { giveUpMs, now });
  return { pulse, told, clock };
}

Deno.test("a call answers as it does, and is counted", async () => {
  const { pulse, told } = world();
  assert.equal(await pulse.run("write", work), "answer");
  await assert.rejects(pulse.run("write", fail), /refused/);
  assert.deepEqual([pulse.calls, pulse.fault(), told.recoveries], [2, null, 0]);
});

Deno.test("failing for long is a fault, and the first success ends it and is told once", async () => {
  const { pulse, told, clock } = world();
  await assert.rejects(pulse.run("write", fail));
  assert.equal(pulse.fault(), null, "once is nothing");
  clock.ahead += LATER;
  await assert.rejects(pulse.run("write", fail));
  assert.match(pulse.fault()!, /The service fails: refused/);
  await Promise.all([pulse.run("write", work), pulse.run("write", work)]);
  assert.deepEqual([pulse.fault(), told.recoveries], [null, 1]);
});

Deno.test("a short failure is not told of as a recovery", async () => {
  const { pulse, told } = world();
  await assert.rejects(pulse.run("write", fail));
  await pulse.run("write", work);
  assert.equal(told.recoveries, 0);
});

Deno.test("a call without an answer is a fault, until it answers", async () => {
  const { pulse, told, clock } = world();
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow = pulse.run("write", () => promise);
  assert.equal(pulse.fault(), null);
  clock.ahead += LATER;
  assert.match(pulse.fault()!, /has not answered/);
  resolve();
  await slow;
  assert.deepEqual([pulse.fault(), told.recoveries], [null, 1]);
});

Deno.test("of many calls that waited for the same recovery one tells it", async () => {
  const { pulse, told, clock } = world();
  const { promise, resolve } = Promise.withResolvers<void>();
  const waiting = Array.from({ length: 5 }, () => pulse.run("write", () => promise));
  clock.ahead += LATER;
  resolve();
  await Promise.all(waiting);
  assert.equal(told.recoveries, 1);
  clock.ahead += LATER;
  await assert.rejects(pulse.run("write", fail));
  clock.ahead += LATER;
  await pulse.run("write", work);
  assert.equal(told.recoveries, 2, "another fault has a recovery of its own");
});

Deno.test("a call that never answers is given up, and counts as failing since it began", async () => {
  const { pulse, clock } = world(5);
  await assert.rejects(pulse.run("write", never), /no answer/);
  clock.ahead += LATER;
  assert.match(pulse.fault()!, /no answer/);
  await eventually("the service works again", () => pulse.run("write", work));
  assert.equal(pulse.fault(), null);
});
