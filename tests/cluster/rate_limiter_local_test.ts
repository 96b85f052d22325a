import assert from "node:assert/strict";
import { MemoryRateLimiter } from "../../src/cluster/local/rate_limiter.ts";

/** Milliseconds since a test's start. */
let at = 0;
const clockAt = (start: number) => ({ now: () => start + at });

const RATE = { count: 3, periodMs: 3000 };

Deno.test("MemoryRateLimiter allows a burst up to the count, then one use per interval", () => {
  at = 0;
  const limiter = new MemoryRateLimiter(clockAt(1_000_000));
  const remaining = [1, 2, 3].map(() => limiter.consume("a", RATE).remaining);
  assert.deepEqual(remaining, [2, 1, 0]);
  const refused = limiter.consume("a", RATE);
  assert.equal(refused.allowed, false);
  assert.equal(refused.retryAfterMs, 1000);
  assert.equal(refused.resetAfterMs, 3000);
  at = 999;
  assert.equal(limiter.consume("a", RATE).allowed, false);
  at = 1000;
  assert.equal(limiter.consume("a", RATE).allowed, true);
  assert.equal(limiter.consume("a", RATE).allowed, false);
  at = 10_000;
  assert.deepEqual(limiter.consume("a", RATE), {
    allowed: true,
    counted: 1,
    remaining: 2,
    resetAfterMs: 1000,
    retryAfterMs: 0,
  });
});

Deno.test("MemoryRateLimiter charges nothing for a refused request, and keeps buckets separate", () => {
  at = 0;
  const limiter = new MemoryRateLimiter(clockAt(0));
  for (let i = 0; i < 100; i++) limiter.consume("a", RATE);
  assert.equal(limiter.consume("b", RATE).allowed, true);
  at = 1000;
  assert.equal(limiter.consume("a", RATE).allowed, true);
});

Deno.test("MemoryRateLimiter closes no bucket for longer than its period when the clock is set back", () => {
  at = 0;
  const limiter = new MemoryRateLimiter(clockAt(1_000_000));
  for (let i = 0; i < 4; i++) limiter.consume("a", RATE);
  at = -500_000;
  assert.equal(limiter.consume("a", RATE).retryAfterMs, 1000);
  at += 1000;
  assert.equal(limiter.consume("a", RATE).allowed, true);
});

Deno.test("MemoryRateLimiter allows exactly the count of rates that do not divide evenly", () => {
  for (const count of [1, 7, 9, 17, 60, 333, 1200, 1997]) {
    at = 0;
    const limiter = new MemoryRateLimiter(clockAt(1_790_000_000_123));
    let allowed = 0;
    while (allowed <= count && limiter.consume("a", { count, periodMs: 60_000 }).allowed) allowed++;
    assert.equal(allowed, count);
  }
});

Deno.test("MemoryRateLimiter bounds memory, and drops full buckets first", () => {
  at = 0;
  const limiter = new MemoryRateLimiter(clockAt(0), 100);
  for (let i = 0; i < 50; i++) limiter.consume(`idle ${i}`, RATE);
  at = 5000;
  for (let i = 0; i < 3; i++) limiter.consume("busy", RATE);
  for (let i = 0; i < 60; i++) limiter.consume(`new ${i}`, RATE);
  assert.equal(limiter.consume("busy", RATE).allowed, false);
  for (let i = 0; i < 10_000; i++) limiter.consume(`flood ${i}`, RATE);
  const remaining = (bucket: string) => limiter.consume(bucket, RATE).remaining;
  assert.equal(remaining("flood 9999"), 1);
  assert.equal(remaining("flood 9899"), 2, "of more than 100 buckets nothing is remembered");
});
