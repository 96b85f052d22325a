import assert from "node:assert/strict";
import { forEachOf, Slots } from "../../src/core/concurrency.ts";
import { withDeadline } from "../../src/core/deadline.ts";
import { delay } from "../../src/core/delay.ts";
import { FairQueue, QueueFull } from "../../src/core/fair_queue.ts";
import { runAbortable } from "../../src/core/run_abortable.ts";
import { settledWithin } from "../../src/core/settled_within.ts";
import { untilAborted } from "../../src/core/until_aborted.ts";
import { within } from "../support/within.ts";

const FOREVER = new Promise<never>(() => {});
const HOUR_MS = 3_600_000;

/** A signal that counts who listens to it. */
function watchedSignal() {
  const stop = new AbortController();
  let listeners = 0;
  const { signal } = stop;
  const add = signal.addEventListener.bind(signal),
    remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
  signal.removeEventListener = (
    ...args: Parameters<typeof remove>
  ) => (listeners--, remove(...args));
  return { signal, abort: () => stop.abort(new Error("stopped")), listeners: () => listeners };
}

Deno.test("delay ends at once when its signal aborts, or has aborted, and leaves no timer", async () => {
  const { signal, abort } = watchedSignal();
  const waiting = delay(HOUR_MS, signal);
  abort();
  await within("the delay has ended", waiting, 20_000);
  await within("no delay begins", delay(HOUR_MS, signal), 20_000);
});

Deno.test("delay leaves no listener at a signal that goes on", async () => {
  const { signal, listeners } = watchedSignal();
  await delay(1, signal);
  assert.equal(listeners(), 0);
});

Deno.test("withDeadline settles as its promise does, or rejects with the given error", async () => {
  assert.equal(await withDeadline(Promise.resolve(1), HOUR_MS), 1);
  await assert.rejects(withDeadline(Promise.reject(new Error("own")), HOUR_MS), /own/);
  await assert.rejects(withDeadline(FOREVER, 1), /within 1 ms/);
  await assert.rejects(withDeadline(FOREVER, 1, () => new Error("late")), /late/);
});

Deno.test("settledWithin waits for all, also for those that fail, or for its time", async () => {
  let isDone = false;
  const slow = delay(5).then(() => void (isDone = true));
  await settledWithin([Promise.reject(new Error("failed")), slow], HOUR_MS);
  assert.equal(isDone, true);
  await within("the time is over", settledWithin([FOREVER], 1), 20_000);
});

Deno.test("untilAborted rejects with the signal's reason, and leaves no listener", async () => {
  const { signal, abort, listeners } = watchedSignal();
  assert.equal(await untilAborted(Promise.resolve(1), signal), 1);
  await assert.rejects(untilAborted(Promise.reject(new Error("own")), signal), /own/);
  await delay(0);
  assert.equal(listeners(), 0);
  const waiting = untilAborted(FOREVER, signal);
  abort();
  await assert.rejects(waiting, /stopped/);
  await assert.rejects(untilAborted(FOREVER, signal), /stopped/);
});

Deno.test("runAbortable aborts its work after the time, or with the caller's signal", async () => {
  const work = (signal: AbortSignal) => delay(HOUR_MS, signal).then(() => signal.throwIfAborted());
  await assert.rejects(runAbortable(1, undefined, work), { name: "TimeoutError" });
  const { signal, abort, listeners } = watchedSignal();
  assert.equal(await runAbortable(HOUR_MS, signal, () => Promise.resolve(1)), 1);
  assert.equal(listeners(), 0);
  const waiting = runAbortable(HOUR_MS, signal, work);
  abort();
  await assert.rejects(waiting, /stopped/);
  await assert.rejects(runAbortable(HOUR_MS, signal, work), /stopped/);
});

/** Work that counts how much of it runs at once. */
function gauge() {
  const state = { running: 0, most: 0, begun: [] as number[] };
  const work = async (n: number) => {
    state.begun.push(n);
    state.most = Math.max(state.most, ++state.running);
    await delay(1);
    state.running--;
    if (n === 3) throw new Error("the third");
  };
  return { state, work };
}

Deno.test("forEachOf runs each item once, in order, as many at a time as allowed", async () => {
  const { state, work } = gauge();
  await forEachOf([1, 2, 4, 5, 6], 2, work);
  assert.deepEqual([state.begun, state.most, state.running], [[1, 2, 4, 5, 6], 2, 0]);
  await forEachOf([], 2, work);
  await assert.rejects(forEachOf([3], 2, work), /the third/);
});

Deno.test("Slots runs so many at a time, in order, and a failure gives its slot back", async () => {
  const { state, work } = gauge();
  const slots = new Slots(2);
  const results = await Promise.allSettled([1, 2, 3, 4, 5, 6].map((n) => slots.run(() => work(n))));
  assert.deepEqual(results.map(({ status }) => status === "fulfilled"), [
    true,
    true,
    false,
    true,
    true,
    true,
  ]);
  assert.deepEqual([state.begun, state.most], [[1, 2, 3, 4, 5, 6], 2]);
  await Promise.all([7, 8, 9].map((n) => slots.run(() => work(n))));
  assert.equal(state.most, 2, "no slot was lost, none is new");
});

Deno.test("FairQueue runs one job at a time, keys in turn, jobs of a key in order", async () => {
  const queue = new FairQueue({ maxWaiting: 10, maxPerKey: 5 });
  const { state, work } = gauge();
  const jobs = [["ann", 10], ["ann", 11], ["ann", 12], ["bob", 20], ["cy", 30], [
    "bob",
    21,
  ]] as const;
  const ran = jobs.map(([key, n]) => queue.run(key, () => work(n)));
  assert.equal(queue.waiting, 5);
  await Promise.all(ran);
  await queue.idle();
  assert.deepEqual(state.begun, [10, 11, 20, 30, 12, 21]);
  assert.deepEqual([state.most, queue.waiting], [1, 0]);
});

Deno.test("FairQueue refuses what exceeds a key's share or the whole, and goes on", async () => {
  const queue = new FairQueue({ maxWaiting: 3, maxPerKey: 2 });
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const running = queue.run("ann", () => held);
  const waiting = [1, 2].map(() => queue.run("ann", () => Promise.resolve()));
  await assert.rejects(queue.run("ann", () => Promise.resolve()), QueueFull);
  waiting.push(queue.run("bob", () => Promise.resolve()));
  await assert.rejects(queue.run("cy", () => Promise.resolve()), { waiting: 3 });
  release();
  await Promise.all([running, ...waiting]);
  await assert.rejects(queue.run("ann", () => Promise.reject(new Error("own"))), /own/);
  assert.equal(await queue.run("ann", () => Promise.resolve(1)), 1);
  await within("the queue is idle", queue.idle(), 20_000);
});
