import assert from "node:assert/strict";
import { CircuitBreaker } from "../../src/core/circuit_breaker.ts";

const OPTIONS = { failures: 3, firstPauseMs: 100, longestPauseMs: 350 };

function failing(breaker: CircuitBreaker, now: number, times: number): void {
  for (let i = 0; i < times; i++) breaker.failed(now);
}

Deno.test("CircuitBreaker opens at the last of its consecutive failures, and closes with a success", () => {
  const breaker = new CircuitBreaker(OPTIONS);
  failing(breaker, 0, 2);
  assert.deepEqual([breaker.waitMs(0), breaker.isClosed], [0, false]);
  breaker.succeeded();
  assert.equal(breaker.isClosed, true);
  failing(breaker, 0, 2);
  assert.equal(breaker.waitMs(0), 0, "failures before a success count no more");
  failing(breaker, 0, 1);
  assert.deepEqual([0, 99, 100, 900].map((now) => breaker.waitMs(now)), [100, 1, 0, 0]);
  breaker.succeeded();
  assert.deepEqual([breaker.waitMs(0), breaker.isClosed], [0, true]);
});

Deno.test("CircuitBreaker doubles its pause with each failed probe, up to the longest", () => {
  const breaker = new CircuitBreaker(OPTIONS);
  failing(breaker, 0, 3);
  const pauses: number[] = [];
  for (let now = 100; pauses.length < 4; now += pauses.at(-1)!) {
    breaker.failed(now);
    pauses.push(breaker.waitMs(now));
  }
  assert.deepEqual(pauses, [200, 350, 350, 350]);
});

Deno.test("CircuitBreaker counts a burst that fails while it is open once", () => {
  const breaker = new CircuitBreaker(OPTIONS);
  failing(breaker, 0, 30);
  assert.equal(breaker.waitMs(0), 100);
  breaker.failed(100);
  assert.equal(breaker.waitMs(100), 200);
});

Deno.test("CircuitBreaker allows one call at a time after a failure", () => {
  const breaker = new CircuitBreaker(OPTIONS);
  assert.equal(breaker.concurrency(8), 8);
  breaker.failed(0);
  assert.equal(breaker.concurrency(8), 1);
  breaker.succeeded();
  assert.equal(breaker.concurrency(8), 8);
});
