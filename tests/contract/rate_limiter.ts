import assert from "node:assert/strict";
import type { Clock } from "../../src/core/clock.ts";
import { newId } from "../../src/core/ids.ts";
import type { RateDecision, RateLimiter } from "../../src/cluster/rate_limiter.ts";
import type { Rate } from "../../src/api/rate_limits.ts";
import { eventually } from "../support/eventually.ts";

/** A clock that the test moves. */
export class HandClock implements Clock {
  /** In the middle of a minute, so that no window ends while a test runs. */
  at = 1_800_000_030_000;

  now(): number {
    return this.at;
  }
}

export interface LimiterBed extends AsyncDisposable {
  /** One limiter, or several that share their counts. */
  limiters: [RateLimiter, ...RateLimiter[]];
  clock: HandClock;
}

/** `x` is an unused bucket. */
type ContractBed = Pick<LimiterBed, "limiters" | "clock"> & { x: string };

type Options = Pick<Deno.TestDefinition, "ignore">;

/** Few enough that a shared limiter shares each use at once. */
const STRICT: Rate = { count: 10, periodMs: 60_000 };
const WIDE: Rate = { count: 1_000, periodMs: 60_000 };

/** Contract of every rate limiter. */
export function rateLimiterContract(
  name: string,
  open: () => Promise<LimiterBed>,
  options: Options = {},
): void {
  const test = testsOf(name, open, options);

  for (const [kind, rate] of Object.entries({ strict: STRICT, wide: WIDE })) {
    test(
      `a ${kind} limit allows its count at once, and returns the remaining uses`,
      async (limiter, { x }) => {
        for (let used = 1; used <= rate.count; used++) {
          const decision = await limiter.consume(x, rate);
          assert.deepEqual([decision.allowed, decision.remaining], [true, rate.count - used]);
          assert.equal(decision.retryAfterMs, 0);
          assert.ok(decision.resetAfterMs > 0);
        }
        const refused = await limiter.consume(x, rate);
        assert.deepEqual([refused.allowed, refused.remaining], [false, 0]);
        assert.ok(refused.retryAfterMs > 0 && refused.resetAfterMs >= refused.retryAfterMs);
        assert.equal(
          (await limiter.consume(newId(), rate)).remaining,
          rate.count - 1,
          "buckets are apart",
        );
      },
    );

    test(
      `a ${kind} limit allows the next use exactly at the time it returned`,
      async (limiter, { clock, x }) => {
        const { retryAfterMs } = await usedUp(limiter, x, rate);
        clock.at += Math.ceil(retryAfterMs) - 1;
        assert.equal((await limiter.consume(x, rate)).allowed, false);
        clock.at += 1;
        assert.equal((await limiter.consume(x, rate)).allowed, true);
      },
    );
  }

  for (const [kind, rate] of Object.entries({ strict: STRICT, wide: WIDE })) {
    test(
      `a ${kind} limit counts several uses at once, as many as there is room for`,
      async (limiter, { x }) => {
        const most = rate.count - 2;
        const first = await limiter.consume(x, rate, most);
        assert.deepEqual([first.allowed, first.counted, first.remaining], [true, most, 2]);
        const second = await limiter.consume(x, rate, 5);
        assert.deepEqual([second.allowed, second.counted, second.remaining], [true, 2, 0]);
        assert.equal(second.retryAfterMs, 0);
        const third = await limiter.consume(x, rate, 5);
        assert.deepEqual([third.allowed, third.counted, third.remaining], [false, 0, 0]);
        assert.equal(third.retryAfterMs, (await limiter.consume(x, rate)).retryAfterMs);
      },
    );
  }

  test("concurrent uses of several each get what is left", async (limiter, { x }) => {
    const takes = [4, 4, 4, 4].map((uses) => limiter.consume(x, STRICT, uses));
    const counted = (await Promise.all(takes)).map((decision) => decision.counted);
    assert.deepEqual(counted, [4, 4, 2, 0]);
    assert.equal((await limiter.consume(x, STRICT)).allowed, false);
  });

  test(
    "refused requests cost nothing, and after two periods the whole limit is available",
    async (limiter, {
      clock,
      x,
    }) => {
      const first = await usedUp(limiter, x, STRICT);
      for (let i = 0; i < 20; i++) await limiter.consume(x, STRICT);
      assert.equal((await limiter.consume(x, STRICT)).retryAfterMs, first.retryAfterMs);
      clock.at += 2 * STRICT.periodMs;
      assert.equal((await limiter.consume(x, STRICT)).remaining, STRICT.count - 1);
    },
  );

  test("exactly the limit of many concurrent requests is allowed", async (limiter, { x }) => {
    const takes = Array.from({ length: 40 }, () => limiter.consume(x, STRICT));
    const allowed = (await Promise.all(takes)).map((decision) => decision.allowed);
    assert.deepEqual(allowed, Array.from({ length: 40 }, (_, i) => i < STRICT.count));
  });

  test("refunded uses do not count", async (limiter, { x }) => {
    for (let i = 0; i < 2 * STRICT.count; i++) {
      assert.ok((await limiter.consume(x, STRICT)).allowed);
      await limiter.refund(x, STRICT);
    }
    assert.equal((await limiter.consume(x, STRICT)).remaining, STRICT.count - 1);
  });

  test("a refund of an unused bucket changes nothing", async (limiter, { x }) => {
    await limiter.refund(x, STRICT);
    assert.equal((await limiter.consume(x, STRICT)).remaining, STRICT.count - 1);
  });
}

/** Further contract of limiters that count for several instances together. */
export function sharedRateLimiterContract(
  name: string,
  open: () => Promise<LimiterBed>,
  options: Options = {},
): void {
  const test = testsOf(name, open, options);

  test("a strict limit applies to instances together, use by use", async (a, { limiters, x }) => {
    const allowed: boolean[] = [];
    for (let i = 0; i < 12; i++) {
      allowed.push((await limiters[i % 2].consume(x, STRICT)).allowed);
    }
    assert.deepEqual(allowed, [...Array(10).fill(true), false, false]);
    assert.equal((await a.consume(newId(), STRICT)).remaining, 9);
  });

  test("no more than the limit of many concurrent requests on two instances is allowed", async (_, {
    limiters,
    x,
  }) => {
    const takes = Array.from({ length: 40 }, (_, i) => limiters[i % 2].consume(x, STRICT));
    const allowed = (await Promise.all(takes)).filter((decision) => decision.allowed);
    assert.ok(allowed.length <= 10, `${allowed.length} were allowed`);
  });

  test(
    "several uses at once get what the other instance has left, and leave the rest",
    async (a, { limiters: [, b], clock, x }) => {
      assert.equal((await a.consume(x, STRICT, 7)).counted, 7);
      assert.equal((await b.consume(x, STRICT, 10)).counted, 3);
      assert.equal((await a.consume(x, STRICT)).allowed, false);
      clock.at += STRICT.periodMs;
      // Half of the ten, and this one: b has written no more than it counted.
      assert.equal((await a.consume(x, STRICT)).remaining, 4);
    },
  );

  test(
    "the previous window counts for the other instance too, and later windows do not",
    async (a, {
      limiters: [, b],
      clock,
      x,
    }) => {
      await usedUp(a, x, STRICT);
      clock.at += STRICT.periodMs;
      // Half of the ten are within the minute that ends now.
      assert.equal((await b.consume(x, STRICT)).remaining, 4);
      clock.at += STRICT.periodMs * 2;
      assert.equal((await b.consume(x, STRICT)).remaining, 9);
    },
  );

  test(
    "refused requests cost nothing on any instance",
    async (a, { limiters: [, b], clock, x }) => {
      await usedUp(a, x, STRICT);
      for (let i = 0; i < 20; i++) {
        for (const each of [a, b]) assert.equal((await each.consume(x, STRICT)).allowed, false);
      }
      clock.at += STRICT.periodMs;
      // Half of the ten, and this one: neither instance has written what it refused.
      assert.equal((await a.consume(x, STRICT)).remaining, 4);
      assert.equal((await b.consume(x, STRICT)).remaining, 3);
    },
  );

  test(
    "refunded uses do not count on the other instance either",
    async (a, { limiters: [, b], x }) => {
      for (let i = 0; i < 10; i++) {
        await a.consume(x, STRICT);
        await a.refund(x, STRICT);
      }
      assert.equal((await b.consume(x, STRICT)).remaining, 9);
    },
  );

  test("a large limit is decided without waiting, and shared after a while", async (a, {
    limiters: [, b],
    x,
  }) => {
    for (let i = 0; i < 900; i++) {
      const decision = a.consume(x, WIDE);
      assert.ok(!(decision instanceof Promise) && decision.allowed);
    }
    for (let i = 0; i < 99; i++) b.consume(x, WIDE);
    await eventually("b knows the uses of a", () => {
      const decision = b.consume(x, WIDE);
      return !(decision instanceof Promise) && !decision.allowed;
    });
  });
}

function testsOf(name: string, open: () => Promise<LimiterBed>, options: Options) {
  return (title: string, run: (first: RateLimiter, bed: ContractBed) => Promise<void>) =>
    Deno.test({
      ...options,
      name: `${name} rate limiter: ${title}`,
      fn: async () => {
        await using bed = await open();
        await run(bed.limiters[0], { ...bed, x: newId() });
      },
    });
}

/** Returns the first refusal. */
async function usedUp(limiter: RateLimiter, x: string, rate: Rate): Promise<RateDecision> {
  for (let i = 0; i < rate.count; i++) assert.ok((await limiter.consume(x, rate)).allowed);
  return await limiter.consume(x, rate);
}
