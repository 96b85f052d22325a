import assert from "node:assert/strict";
import { PushLanes } from "../../../src/notifications/push/lanes.ts";
import type { PushResult, PushTarget } from "../../../src/notifications/push/sender.ts";
import { samplePush } from "../../contract/push_sender.ts";
import { T0 } from "../../contract/store/rows.ts";

const FAULT: PushResult = { outcome: "retry", reason: "no answer", unreachable: true };
const DELIVERED: PushResult = { outcome: "delivered" };

/** Lanes over a sender whose results a test provides, by a clock that a test moves. */
class LanesWorld {
  now = T0;
  readonly underWay: { endpoint: string; answer: (result: PushResult) => void }[] = [];
  readonly lanes = new PushLanes({
    clock: { now: () => this.now },
    sender: {
      send: (target) =>
        new Promise((answer) => {
          const endpoint = target.kind === "web" ? target.endpoint : "fcm";
          this.underWay.push({ endpoint, answer });
        }),
    },
  });

  deliver(endpoint: string, ownerId: string = crypto.randomUUID()): Promise<PushResult> {
    const target: PushTarget = { kind: "web", endpoint, p256dh: "", auth: "" };
    return this.lanes.deliver(ownerId, target, samplePush);
  }

  /** Resolves all sends in flight at this moment. */
  async answer(result: PushResult): Promise<void> {
    for (const { answer } of this.underWay.splice(0)) answer(result);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

Deno.test("PushLanes gives a user-chosen host two slots, and none of another host's", async () => {
  const world = new LanesWorld();
  const hanging = [1, 2, 3, 4].map((n) => world.deliver(`https://slow.example.org/${n}`));
  const other = world.deliver("https://quick.example.org/1");
  assert.deepEqual(world.underWay.map(({ endpoint }) => endpoint), [
    "https://slow.example.org/1",
    "https://slow.example.org/2",
    "https://quick.example.org/1",
  ]);
  world.underWay.pop()!.answer(DELIVERED);
  assert.deepEqual(await other, DELIVERED);
  world.lanes.close();
  for (const each of hanging) assert.equal((await each).outcome, "retry");
});

Deno.test("PushLanes lets unproven hosts share sixteen slots, and proven ones need none", async () => {
  const world = new LanesWorld();
  const proven = world.deliver("https://proven.example.org/1");
  await world.answer(DELIVERED);
  assert.deepEqual(await proven, DELIVERED);
  for (let n = 0; n < 20; n++) void world.deliver(`https://h${n}.example.org/1`);
  assert.equal(world.underWay.length, 16);
  void world.deliver("https://proven.example.org/2");
  assert.equal(world.underWay.at(-1)!.endpoint, "https://proven.example.org/2");
  await world.answer(DELIVERED);
  assert.equal(world.underWay.length, 4, "the others get their turn");
  world.lanes.close();
});

Deno.test("PushLanes opens the breaker after three failures, returns waiting pushes, and closes it after a probe", async () => {
  const world = new LanesWorld();
  const results = [1, 2, 3, 4, 5, 6].map((n) => world.deliver(`https://down.example.org/${n}`));
  await world.answer(FAULT);
  assert.equal(world.underWay.length, 1, "after a failure one at a time");
  await world.answer(FAULT);
  assert.equal(world.underWay.length, 0);
  for (const result of results.slice(0, 3)) assert.deepEqual(await result, FAULT);
  for (const result of results.slice(3)) {
    const { outcome, afterMs } = await result as { outcome: string; afterMs?: number };
    assert.deepEqual([outcome, afterMs], ["retry", 30_000]);
  }
  world.now += 29_999;
  const early = await world.deliver("https://down.example.org/7") as { afterMs?: number };
  assert.equal(early.afterMs, 1);
  world.now += 1;
  const probe = world.deliver("https://down.example.org/8");
  void world.deliver("https://down.example.org/9");
  assert.equal(world.underWay.length, 1);
  await world.answer(FAULT);
  assert.deepEqual(await probe, FAULT);
  const later = await world.deliver("https://down.example.org/10") as { afterMs?: number };
  assert.equal(later.afterMs, 60_000, "a probe that fails doubles the pause");
  world.now += 60_000;
  const last = world.deliver("https://down.example.org/11");
  await world.answer(DELIVERED);
  assert.deepEqual(await last, DELIVERED);
  for (const n of [12, 13, 14]) void world.deliver(`https://down.example.org/${n}`);
  assert.equal(world.underWay.length, 2, "closed again");
  world.lanes.close();
});

Deno.test("PushLanes pauses a device that did not respond, but not others of its host", async () => {
  const world = new LanesWorld();
  const first = world.deliver("https://push.example.org/hangs");
  await world.answer(FAULT);
  assert.deepEqual(await first, FAULT);
  const again = await world.deliver("https://push.example.org/hangs") as { afterMs?: number };
  assert.equal(again.afterMs, 30_000);
  const other = world.deliver("https://push.example.org/answers");
  await world.answer(DELIVERED);
  assert.deepEqual(await other, DELIVERED);
  world.now += 30_000;
  void world.deliver("https://push.example.org/hangs");
  assert.equal(world.underWay.length, 1);
  world.lanes.close();
});

Deno.test("PushLanes bounds a user's pushes to two slots of a service and a hundred in its queue", async () => {
  const world = new LanesWorld();
  const endpoint = (n: number) => `https://fcm.googleapis.com/fcm/send/${n}`;
  const own = Array.from({ length: 103 }, (_, n) => world.deliver(endpoint(n), "mallory"));
  assert.equal(world.underWay.length, 2);
  assert.equal((await own.at(-1)!).outcome, "retry", "the queue's share is full");
  void world.deliver(endpoint(200), "bob");
  assert.equal(world.underWay.length, 3, "another user's push is sent at once");
  world.lanes.close();
  await Promise.all(own);
});

Deno.test("PushLanes returns pushes in flight or waiting as retries when it closes", async () => {
  const world = new LanesWorld();
  const all = [1, 2, 3].map((n) => world.deliver(`https://push.example.org/${n}`));
  world.lanes.close();
  for (const each of all) assert.equal((await each).outcome, "retry");
  assert.equal((await world.deliver("https://push.example.org/4")).outcome, "retry");
});

Deno.test("PushLanes frees a user's share of a queue as their pushes are sent", async () => {
  const world = new LanesWorld();
  const endpoint = (n: number) => `https://fcm.googleapis.com/fcm/send/${n}`;
  for (let round = 0; round < 2; round++) {
    const own = Array.from({ length: 102 }, (_, n) => world.deliver(endpoint(n), "ann"));
    while (world.underWay.length > 0) await world.answer(DELIVERED);
    for (const result of await Promise.all(own)) assert.deepEqual(result, DELIVERED);
  }
  world.lanes.close();
});

Deno.test("PushLanes bounds the pushes that wait for one service, and for all services", async () => {
  const world = new LanesWorld();
  const results: Promise<PushResult>[] = [];
  const fill = (host: string, count: number) => {
    for (let n = 0; n < count; n++) results.push(world.deliver(`https://${host}/${n}`));
    return results.at(-1)!;
  };
  const outcome = (result: Promise<PushResult>) =>
    Promise.race([result.then((each) => each.outcome), Promise.resolve("waits")]);
  assert.equal(await outcome(fill("fcm.googleapis.com", 32 + 2_000)), "waits");
  assert.equal((await fill("fcm.googleapis.com", 1)).outcome, "retry");
  assert.equal(await outcome(fill("updates.push.services.mozilla.com", 32 + 2_000)), "waits");
  assert.equal(await outcome(fill("web.push.apple.com", 32 + 1_000)), "waits");
  assert.equal((await fill("web.push.apple.com", 1)).outcome, "retry", "5,000 wait in all");
  world.lanes.close();
  await Promise.all(results);
});

Deno.test("PushLanes counts a host that fails among the unproven ones again", async () => {
  const world = new LanesWorld();
  void world.deliver("https://proven.example.org/1");
  await world.answer(DELIVERED);
  void world.deliver("https://proven.example.org/2");
  await world.answer(FAULT);
  for (let n = 0; n < 16; n++) void world.deliver(`https://h${n}.example.org/1`);
  assert.equal(world.underWay.length, 16);
  void world.deliver("https://proven.example.org/3");
  assert.equal(world.underWay.length, 16, "it waits for one of the sixteen slots");
  world.lanes.close();
});

Deno.test("PushLanes remembers ten thousand devices that did not respond, and drops the oldest", async () => {
  const world = new LanesWorld();
  const endpoint = (n: number) => `https://h${n}.example.org/hangs`;
  const fail = async (first: number, last: number) => {
    const results: Promise<PushResult>[] = [];
    for (let n = first; n <= last; n++) results.push(world.deliver(endpoint(n)));
    while (world.underWay.length > 0) await world.answer(FAULT);
    for (const result of await Promise.all(results)) assert.deepEqual(result, FAULT);
  };
  for (let n = 1; n < 10_000; n += 1_000) await fail(n, n + 999);
  assert.equal((await world.deliver(endpoint(1))).outcome, "retry");
  assert.equal(world.underWay.length, 0, "the first is still paused");
  await fail(10_001, 10_001);
  void world.deliver(endpoint(2));
  assert.equal(world.underWay.length, 0, "the second is still paused");
  void world.deliver(endpoint(1));
  assert.equal(world.underWay.length, 1, "the first is tried again");
  world.lanes.close();
});

Deno.test("PushLanes keeps a thousand lanes, and drops the idle one that was used least lately", async () => {
  const world = new LanesWorld();
  const down = (n: number) => `https://down.example.org/${n}`;
  const busy = "https://busy.example.org/1";
  void world.deliver(busy);
  const pending = world.underWay.splice(0);
  for (let n = 1; n <= 3; n++) {
    void world.deliver(down(n));
    await world.answer(FAULT);
  }
  const others = async (first: number, last: number) => {
    for (let n = first; n <= last; n++) {
      void world.deliver(`https://h${n}.example.org/1`);
      // Sixteen may be in flight to unproven hosts, and one is to the busy host.
      if (world.underWay.length === 15 || n === last) await world.answer(DELIVERED);
    }
  };
  await others(1, 998);
  assert.match(reasonOf(await world.deliver(down(4))), /sending is paused/);
  await others(999, 999);
  assert.match(reasonOf(await world.deliver(down(5))), /sending is paused/, "used lately");
  await others(1_000, 1_998);
  void world.deliver(down(6));
  assert.equal(world.underWay.length, 1, "its breaker was dropped with the lane");
  for (let n = 2; n <= 4; n++) void world.deliver(`https://busy.example.org/${n}`);
  assert.equal(world.underWay.length, 2, "a lane with work stays, with its two slots");
  for (const { answer } of pending) answer(DELIVERED);
  world.lanes.close();
});

function reasonOf(result: PushResult): string {
  return result.outcome === "retry" ? result.reason : result.outcome;
}
