import assert from "node:assert/strict";
import { jsonLog, silentLog } from "../../src/core/log.ts";
import {
  type InstanceCount,
  type RateTable,
  SharedRateLimiter,
} from "../../src/cluster/shared/rate_limiter.ts";
import { windowOf } from "../../src/cluster/shared/sliding_window.ts";
import { HandClock } from "../contract/rate_limiter.ts";
import { eventually } from "../support/eventually.ts";

const STRICT = { count: 10, periodMs: 60_000 };
const WIDE = { count: 1_000, periodMs: 60_000 };

/** Keeps what is written, and reports that no other instance wrote anything. */
class FakeTable implements RateTable {
  readonly written: InstanceCount[] = [];
  working = true;
  /** Promise that a write waits for. */
  gate: Promise<void> = Promise.resolve();

  async write(count: InstanceCount): Promise<void> {
    this.written.push(count);
    await this.gate;
    if (!this.working) throw new Error("the table is out of reach");
  }

  others() {
    return Promise.resolve({ current: 0, previous: 0 });
  }
}

Deno.test("SharedRateLimiter writes nothing of a large limit until a good part is used, and then only new uses", async () => {
  const table = new FakeTable();
  const limiter = new SharedRateLimiter({ table, log: silentLog, clock: new HandClock() });
  for (let i = 0; i < 60; i++) limiter.consume("send:x", WIDE);
  for (let i = 0; i < 70; i++) limiter.consume("send:y", WIDE);
  await eventually("it is written", () => table.written.length > 0);
  assert.deepEqual(table.written.map(({ uses, added }) => [uses, added]), [[70, 70]]);
  assert.ok(!table.written[0].bucket.includes("send"), "and does not reveal the user");
  for (let i = 0; i < 5; i++) limiter.consume("send:y", WIDE);
  await eventually("the rest is written", () => table.written.length > 1);
  assert.deepEqual([table.written[1].uses, table.written[1].added], [75, 5]);
  await limiter.close();
});

Deno.test("SharedRateLimiter writes uses right before the end of a window under that window", async () => {
  const table = new FakeTable();
  const clock = new HandClock();
  const limiter = new SharedRateLimiter({ table, log: silentLog, clock });
  const window = windowOf(clock.now(), WIDE);
  for (let i = 0; i < 70; i++) limiter.consume("x", WIDE);
  clock.at += WIDE.periodMs;
  for (let i = 0; i < 40; i++) limiter.consume("x", WIDE);
  await eventually("both windows are written", () => table.written.length > 1);
  assert.deepEqual(
    table.written.map(({ window, uses, added }) => ({ window, uses, added })),
    [{ window, uses: 70, added: 70 }, { window: window + 1, uses: 40, added: 40 }],
  );
  await limiter.close();
});

Deno.test("SharedRateLimiter limits alone without the table, and logs it", async () => {
  const table = new FakeTable();
  table.working = false;
  const lines: string[] = [];
  const limiter = new SharedRateLimiter({
    table,
    log: jsonLog("warn", (line) => lines.push(line)),
    clock: new HandClock(),
  });
  const allowed: boolean[] = [];
  for (let i = 0; i < 11; i++) allowed.push((await limiter.consume("x", STRICT)).allowed);
  await limiter.close();
  assert.deepEqual(allowed, [...Array(10).fill(true), false]);
  assert.equal(lines.length, 1, "once, not with every request");
});

Deno.test("SharedRateLimiter waits once for a table that does not respond, up to its timeout", async () => {
  const table = new FakeTable();
  const answer = Promise.withResolvers<void>();
  table.gate = answer.promise;
  const limiter = new SharedRateLimiter({ table, log: silentLog, clock: new HandClock() });
  for (let i = 0; i < 5; i++) assert.ok((await limiter.consume("x", STRICT)).allowed);
  assert.equal(table.written.length, 1, "the table is left alone for a while");
  await limiter.close();
  answer.resolve();
});

Deno.test("SharedRateLimiter does not call the table for a client that exceeds a strict limit", async () => {
  const table = new FakeTable();
  const limiter = new SharedRateLimiter({ table, log: silentLog, clock: new HandClock() });
  for (let i = 0; i < 10; i++) assert.ok((await limiter.consume("x", STRICT)).allowed);
  assert.equal(table.written.length, 10);
  for (let i = 0; i < 5; i++) assert.ok(!(await limiter.consume("x", STRICT)).allowed);
  assert.equal(table.written.length, 10);
  await limiter.close();
});

Deno.test("SharedRateLimiter bounds memory", async () => {
  const table = new FakeTable();
  const limiter = new SharedRateLimiter({
    table,
    log: silentLog,
    clock: new HandClock(),
    maxBuckets: 100,
  });
  const remaining = (name: string) =>
    (limiter.consume(name, WIDE) as { remaining: number }).remaining;
  for (let i = 0; i < 1_000; i++) limiter.consume(`send:${i}`, WIDE);
  assert.equal(remaining("send:999"), 998);
  assert.equal(remaining("send:0"), 999, "those that were made first are forgotten");
  await limiter.close();
});

Deno.test("SharedRateLimiter writes one bucket in order, and the last write has all uses", async () => {
  const table = new FakeTable();
  const answer = Promise.withResolvers<void>();
  table.gate = answer.promise;
  const limiter = new SharedRateLimiter({ table, log: silentLog, clock: new HandClock() });
  const takes = Array.from({ length: 8 }, () => limiter.consume("x", STRICT));
  await eventually("the first is written", () => table.written.length > 0);
  assert.equal(table.written.length, 1, "the others wait for it");
  answer.resolve();
  assert.ok((await Promise.all(takes)).every(({ allowed }) => allowed));
  assert.equal(table.written.at(-1)!.uses, 8);
  assert.equal(table.written.reduce((sum, { added }) => sum + added, 0), 8);
  await limiter.close();
});
