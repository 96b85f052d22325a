import assert from "node:assert/strict";
import { EventLoopMonitor } from "../../src/core/event_loop_monitor.ts";

/** Runs the timers of a monitor by hand, and returns their delays. */
function world() {
  const cpu = { used: 0 };
  const timers: { run: () => void; ms: number }[] = [];
  const { setTimeout: real } = globalThis;
  const { unrefTimer } = Deno;
  globalThis.setTimeout = ((run: () => void, ms: number) => timers.push({ run, ms })) as never;
  Deno.unrefTimer = () => {};
  const clock = { thread: () => cpu.used, process: () => cpu.used };
  const monitor = new EventLoopMonitor(undefined, clock);
  monitor.start();
  const tick = (times: number) => {
    for (let i = 0; i < times; i++) timers.shift()!.run();
    return timers[0].ms;
  };
  const restore = () => {
    globalThis.setTimeout = real;
    Deno.unrefTimer = unrefTimer;
  };
  return { cpu, tick, [Symbol.dispose]: restore };
}

Deno.test("EventLoopMonitor checks less often at rest, and as often as before once there is work", () => {
  using monitored = world();
  assert.equal(monitored.tick(99), 10);
  assert.equal(monitored.tick(1), 40);
  assert.equal(monitored.tick(50), 40);
  monitored.cpu.used += 5;
  assert.equal(monitored.tick(1), 10);
});

Deno.test("EventLoopMonitor comes to rest though its own checks take time", () => {
  using monitored = world();
  for (let i = 0; i < 100; i++) {
    monitored.cpu.used += 1;
    monitored.tick(1);
  }
  assert.equal(monitored.tick(1), 40);
});

Deno.test("EventLoopMonitor is at rest again soon after a little work, and late after much", () => {
  using monitored = world();
  monitored.tick(100);
  monitored.cpu.used += 5;
  monitored.tick(1);
  assert.equal(monitored.tick(19), 10);
  assert.equal(monitored.tick(1), 40);
  for (let i = 0; i < 5; i++) {
    monitored.cpu.used += 5;
    monitored.tick(1);
  }
  assert.equal(monitored.tick(99), 10);
  assert.equal(monitored.tick(1), 40);
});
