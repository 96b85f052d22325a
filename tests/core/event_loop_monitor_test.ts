import assert from "node:assert/strict";
import { EventLoopMonitor } from "../../src/core/event_loop_monitor.ts";

/** Runs the timers of a monitor by hand, each in its time, and returns their delays. */
function world() {
  const cpu = { used: 0, usedByWorkers: 0, threadReads: 0 };
  const clock = { at: 1_000 };
  const timers: { run: () => void; ms: number }[] = [];
  const { setTimeout: real } = globalThis;
  const { unrefTimer } = Deno;
  globalThis.setTimeout = ((run: () => void, ms: number) => timers.push({ run, ms })) as never;
  const { now } = performance;
  performance.now = () => clock.at;
  Deno.unrefTimer = () => {};
  const monitor = new EventLoopMonitor(undefined, {
    thread: () => {
      cpu.threadReads++;
      return cpu.used;
    },
    process: () => cpu.used + cpu.usedByWorkers,
  });
  monitor.start();
  const tick = (times: number, lateMs = 0) => {
    for (let i = 0; i < times; i++) {
      const { run, ms } = timers.shift()!;
      clock.at += ms + lateMs;
      run();
    }
    return timers[0].ms;
  };
  /** A turn of `ms` milliseconds, of which the thread computes for `usedMs`. */
  const turn = (ms: number, usedMs = ms) => {
    cpu.used += usedMs;
    tick(1, ms - timers[0].ms);
  };
  const restore = () => {
    performance.now = now;
    globalThis.setTimeout = real;
    Deno.unrefTimer = unrefTimer;
  };
  return { monitor, clock, cpu, tick, turn, [Symbol.dispose]: restore };
}

Deno.test("EventLoopMonitor gives the longest turn of the last 30 to 60 seconds", () => {
  using monitored = world();
  const { monitor, clock, turn } = monitored;
  turn(80);
  turn(50);
  assert.equal(monitor.longestTurn(), 80);
  clock.at += 30_000;
  assert.equal(monitor.longestTurn(), 80, "of the window before");
  turn(40);
  clock.at += 30_000;
  assert.equal(monitor.longestTurn(), 40);
  turn(30);
  clock.at += 60_000;
  assert.equal(monitor.longestTurn(), 0, "nothing was measured for as long");
});

Deno.test("EventLoopMonitor counts no more of a late turn than the thread has computed", () => {
  using monitored = world();
  const { monitor, turn } = monitored;
  turn(500, 30);
  assert.equal(monitor.longestTurn(), 30);
  turn(19);
  assert.equal(monitor.longestTurn(), 30, "less than a tick late");
  turn(500, 0);
  assert.equal(monitor.longestTurn(), 30, "computing before is no part of it");
});

Deno.test("EventLoopMonitor tells a turn from the work of other threads within 10 ms", () => {
  using monitored = world();
  const { monitor, cpu, turn } = monitored;
  for (let i = 0; i < 20; i++) turn(10, 3);
  cpu.usedByWorkers += 500;
  turn(500, 20);
  const longest = monitor.longestTurn();
  assert.ok(longest >= 20 && longest <= 30, `${longest} ms`);
  cpu.usedByWorkers += 500;
  turn(500, 60);
  assert.ok(monitor.longestTurn() >= 60 && monitor.longestTurn() <= 70);
});

Deno.test("EventLoopMonitor reads the CPU time of the thread every 10 ms of use and for longer turns", () => {
  using monitored = world();
  const { cpu, turn } = monitored;
  const readsDuring = (run: () => void) => {
    const before = cpu.threadReads;
    run();
    return cpu.threadReads - before;
  };
  turn(90);
  const load = () => {
    for (let i = 0; i < 40; i++) turn(10, 3);
  };
  assert.equal(readsDuring(load), 10);
  assert.equal(readsDuring(() => turn(500, 1)), 0, "late, and no longer than the longest");
  assert.equal(readsDuring(() => turn(100)), 1);
});

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
