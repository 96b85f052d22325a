import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { newId } from "../../src/core/ids.ts";
import { jsonLog, silentLog } from "../../src/core/log.ts";
import type { Signal } from "../../src/cluster/broker.ts";
import { decodeSignals } from "../../src/cluster/shared/signal_codec.ts";
import { SignalQueue, type SignalQueueOptions } from "../../src/cluster/shared/signal_queue.ts";
import { eventually } from "../support/eventually.ts";

/** A queue whose writes can be delayed, and the signals it wrote. */
class World {
  readonly sizes: number[] = [];
  readonly batches: { signals: Signal[]; gap: boolean }[] = [];
  readonly lines: string[] = [];
  readonly queue: SignalQueue;
  #gate = Promise.withResolvers<void>();

  constructor(options: Partial<SignalQueueOptions> = {}, held = false) {
    if (!held) this.#gate.resolve();
    this.queue = new SignalQueue({
      write: (batch) => this.#write(batch),
      log: jsonLog("warn", (line) => this.lines.push(line)),
      gatherMs: 0,
      smallBytes: 800,
      largeBytes: 60_000,
      ...options,
    });
  }

  release(): void {
    this.#gate.resolve();
  }

  get signals(): Signal[] {
    return this.batches.flatMap(({ signals }) => signals);
  }

  async #write(batch: Uint8Array): Promise<void> {
    this.sizes.push(batch.length);
    await this.#gate.promise;
    this.batches.push(decodeSignals(batch));
  }
}

function typing(): Signal {
  return { type: "typing", chatId: newId(), userId: newId(), typing: true };
}

Deno.test("SignalQueue drops signals past the maximum, and the next batch has a gap", async () => {
  const world = new World({ maxWaiting: 10 }, true);
  const first = typing();
  world.queue.push(first);
  await eventually("the first is under way", () => world.sizes.length === 1);
  for (let i = 0; i < 100; i++) world.queue.push(typing());
  const last = Array.from({ length: 3 }, typing);
  for (const signal of last) world.queue.push(signal);
  world.release();
  await world.queue.flush();
  assert.deepEqual(world.batches[0], { signals: [first], gap: false });
  assert.equal(world.batches[1].gap, true);
  assert.equal(world.batches.filter(({ gap }) => gap).length, 1, "there is one gap");
  assert.deepEqual(world.signals.slice(-3), last, "what came after is there");
  assert.ok(world.signals.length <= 11, `${world.signals.length} were kept`);
  assert.match(world.lines[0], /too many are waiting/);
});

Deno.test("SignalQueue writes the gap of a drop even if no signal follows", async () => {
  const world = new World({ maxWaiting: 10 }, true);
  world.queue.push(typing());
  await eventually("it is under way", () => world.sizes.length === 1);
  for (let i = 0; i < 11; i++) world.queue.push(typing());
  world.release();
  await world.queue.flush();
  assert.deepEqual(world.batches.slice(1), [{ signals: [], gap: true }]);
});

Deno.test("SignalQueue sends the next pointer to a chat after dropping one", async () => {
  const world = new World({ maxWaiting: 10 }, true);
  world.queue.push(typing());
  await eventually("it is under way", () => world.sizes.length === 1);
  const chatId = newId();
  world.queue.push({ type: "chat", chatId, rev: 5 });
  for (let i = 0; i < 10; i++) world.queue.push(typing());
  world.queue.push({ type: "chat", chatId, rev: 6 });
  world.release();
  await world.queue.flush();
  assert.deepEqual(world.signals.slice(1), [{ type: "chat", chatId, rev: 6 }]);
});

Deno.test("SignalQueue is never filled by pointers to few chats", async () => {
  const world = new World({ maxWaiting: 10 }, true);
  const chatIds = Array.from({ length: 5 }, () => newId());
  for (let rev = 1; rev <= 1_000; rev++) {
    for (const chatId of chatIds) world.queue.push({ type: "chat", chatId, rev });
  }
  world.release();
  await world.queue.flush();
  assert.deepEqual(
    world.signals.slice(-5),
    chatIds.map((chatId) => ({ type: "chat", chatId, rev: 1_000 })),
  );
  assert.deepEqual([world.lines, world.batches.some(({ gap }) => gap)], [[], false]);
});

Deno.test("SignalQueue sends one pointer for a chat: the highest revision, and the earliest member change", async () => {
  const world = new World({}, true);
  const [first, chatId] = [newId(), newId()];
  const pointer = (rev: number, membersAfter?: number): Signal => {
    return { type: "chat", chatId, rev, ...(membersAfter !== undefined && { membersAfter }) };
  };
  world.queue.push({ type: "chat", chatId: first, rev: 1 });
  await eventually("the first is under way", () => world.sizes.length === 1);
  for (const each of [pointer(4), pointer(9, 7), pointer(6, 3), pointer(8, 5), pointer(7)]) {
    world.queue.push(each);
  }
  world.release();
  await world.queue.flush();
  assert.deepEqual(world.signals.slice(1), [pointer(9, 3)]);
  // A pointer that was sent takes no later one along.
  world.queue.push(pointer(10));
  await world.queue.flush();
  world.queue.push(pointer(11));
  await world.queue.flush();
  assert.deepEqual(world.signals.slice(2), [pointer(10), pointer(11)]);
});

Deno.test("SignalQueue sends a pointer that comes while one to the same chat is under way", async () => {
  const world = new World({}, true);
  const chatId = newId();
  world.queue.push({ type: "chat", chatId, rev: 1 });
  await eventually("the first is under way", () => world.sizes.length === 1);
  world.queue.push({ type: "chat", chatId, rev: 2 });
  world.release();
  await world.queue.flush();
  assert.deepEqual(world.signals, [1, 2].map((rev) => ({ type: "chat", chatId, rev })));
});

Deno.test("SignalQueue sends a signal that is larger than a small batch by itself", async () => {
  const world = new World({ smallBytes: 100 }, true);
  const userIds = Array.from({ length: 10 }, () => newId());
  const large: Signal = { type: "users", userIds, event: { event: "presence", data: {} } };
  const small = typing();
  world.queue.push(large);
  world.queue.push(small);
  world.release();
  await world.queue.flush();
  assert.deepEqual(world.signals, [large, small]);
  assert.ok(world.sizes.every((size) => size > 0), "no batch is empty");
});

Deno.test("SignalQueue sends small batches while little is waiting, and large ones otherwise", async () => {
  const world = new World({}, true);
  for (let i = 0; i < 100; i++) world.queue.push(typing());
  world.release();
  await world.queue.flush();
  assert.ok(world.sizes.length >= 4 && Math.max(...world.sizes) <= 800, `${world.sizes}`);
  world.sizes.length = 0;
  for (let i = 0; i < 5_000; i++) world.queue.push(typing());
  await world.queue.flush();
  assert.ok(world.sizes.length < 20 && Math.max(...world.sizes) <= 60_000, `${world.sizes}`);
  assert.equal(world.signals.length, 5_100);
});

Deno.test("SignalQueue splits a signal that is too large, and drops one that cannot be split", async () => {
  const world = new World({ smallBytes: 400, largeBytes: 400 });
  const chatIds = Array.from({ length: 30 }, () => newId());
  const event = { event: "presence" as const, data: {} };
  world.queue.push({ type: "rooms", chatIds, event, exceptUserIds: [] });
  world.queue.push({
    type: "users",
    userIds: [newId()],
    event: { ...event, data: "x".repeat(500) },
  });
  const small = typing();
  world.queue.push(small);
  await world.queue.flush();
  const sent = world.signals.flatMap((signal) => signal.type === "rooms" ? signal.chatIds : []);
  assert.deepEqual(sent.sort(), chatIds.sort());
  assert.deepEqual(world.signals.filter(({ type }) => type !== "rooms"), [small]);
  assert.match(world.lines[0], /too large/);
});

Deno.test("SignalQueue accepts and sends again after a write that failed for good", async () => {
  let failing = true;
  const sent: Signal[] = [];
  const queue = new SignalQueue({
    write: (batch) => {
      if (failing) return Promise.reject(new Error("closed"));
      sent.push(...decodeSignals(batch).signals);
      return Promise.resolve();
    },
    log: silentLog,
    gatherMs: 0,
    smallBytes: 800,
    largeBytes: 60_000,
  });
  queue.push(typing());
  await queue.flush();
  failing = false;
  const signal = typing();
  queue.push(signal);
  await queue.flush();
  assert.deepEqual(sent, [signal]);
});

Deno.test("SignalQueue gathers what comes within the interval after a batch", async () => {
  const world = new World({ gatherMs: 3_000 });
  const [first, second, third] = [typing(), typing(), typing()];
  world.queue.push(first);
  await eventually("the first goes at once", () => world.batches.length === 1);
  world.queue.push(second);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  world.queue.push(third);
  await world.queue.flush();
  assert.deepEqual(world.batches.map(({ signals }) => signals), [[first], [second, third]]);
});
