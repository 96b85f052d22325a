import assert from "node:assert/strict";
import { jsonLog, silentLog } from "../../src/core/log.ts";
import { KvRateLimiter } from "../../src/operations/rate_limiter_kv.ts";
import { sharedDenokv } from "../support/denokv_server.ts";
import { eventually } from "../support/eventually.ts";

const STRICT = { count: 10, periodMs: 60_000 };
const WIDE = { count: 1_000, periodMs: 60_000 };

/** In the middle of a window, so that none ends while a test runs. */
const MIDDLE = 1_800_000_000_000 - (1_800_000_000_000 % 60_000);

/** Two instances on one KV, with a clock that is moved by hand. */
async function pair(
  run: (world: {
    a: KvRateLimiter;
    b: KvRateLimiter;
    kv: Deno.Kv;
    clock: { at: number };
  }) => Promise<void>,
): Promise<void> {
  const kv = await Deno.openKv(":memory:");
  const clock = { at: MIDDLE };
  const options = { kv, log: silentLog, clock: { now: () => clock.at } };
  const [a, b] = [new KvRateLimiter(options), new KvRateLimiter(options)];
  try {
    await run({ a, b, kv, clock });
  } finally {
    await a.close();
    await b.close();
    kv.close();
  }
}

Deno.test("a strict limit holds over instances together, use by use", () =>
  pair(async ({ a, b }) => {
    const allowed: boolean[] = [];
    for (let i = 0; i < 12; i++) {
      allowed.push((await (i % 2 ? a : b).take("login:x", STRICT)).allowed);
    }
    assert.deepEqual(allowed, [...Array(10).fill(true), false, false]);
    assert.equal((await a.take("login:y", STRICT)).allowed, true, "buckets are apart");
  }));

Deno.test("of many at once on two instances, no more than the limit get through", () =>
  pair(async ({ a, b }) => {
    const takes = Array.from({ length: 40 }, (_, i) => (i % 2 ? a : b).take("login:x", STRICT));
    const allowed = (await Promise.all(takes)).filter((decision) => decision.allowed);
    assert.ok(allowed.length <= 10, `${allowed.length} were allowed`);
  }));

Deno.test("the window slides: uses come back by and by, and all after two periods", () =>
  pair(async ({ a, clock }) => {
    for (let i = 0; i < 10; i++) await a.take("x", STRICT);
    const refused = await a.take("x", STRICT);
    assert.deepEqual([refused.allowed, refused.remaining], [false, 0]);
    clock.at += refused.retryAfterMs - 1;
    assert.equal((await a.take("x", STRICT)).allowed, false);
    clock.at += 1;
    assert.equal((await a.take("x", STRICT)).allowed, true, "exactly when it said");
    clock.at += 120_000;
    assert.equal((await a.take("x", STRICT)).remaining, 9);
  }));

Deno.test("what is given back does not count, on either instance", () =>
  pair(async ({ a, b }) => {
    for (let i = 0; i < 10; i++) {
      await a.take("x", STRICT);
      await a.giveBack("x", STRICT);
    }
    assert.equal((await b.take("x", STRICT)).remaining, 9);
  }));

Deno.test("a wide limit is decided without waiting, and touches KV only when much is used", () =>
  pair(async ({ a, b, kv }) => {
    for (let i = 0; i < 50; i++) assert.ok(!(a.take("send:x", WIDE) instanceof Promise));
    const rows = async () => (await Array.fromAsync(kv.list({ prefix: ["rate"] }))).length;
    assert.equal(await rows(), 0);
    for (let i = 0; i < 950; i++) a.take("send:x", WIDE);
    for (let i = 0; i < 100; i++) b.take("send:x", WIDE);
    await eventually("b has heard of a", () => {
      const decision = b.take("send:x", WIDE);
      return !(decision instanceof Promise) && !decision.allowed;
    });
    assert.ok(await rows() > 0);
  }));

Deno.test("without KV each instance limits alone, and says so", async () => {
  const kv = await Deno.openKv(":memory:");
  kv.close();
  const lines: string[] = [];
  const limiter = new KvRateLimiter({ kv, log: jsonLog("warn", (line) => lines.push(line)) });
  const allowed: boolean[] = [];
  for (let i = 0; i < 11; i++) allowed.push((await limiter.take("x", STRICT)).allowed);
  await limiter.close();
  assert.deepEqual(allowed, [...Array(10).fill(true), false]);
  assert.equal(lines.length, 1, "once, not with every request");
});

Deno.test("memory is bounded", async () => {
  const kv = await Deno.openKv(":memory:");
  const limiter = new KvRateLimiter({ kv, log: silentLog, maxBuckets: 100 });
  for (let i = 0; i < 1_000; i++) limiter.take(`send:${i}`, WIDE);
  assert.equal((limiter.take("send:999", WIDE) as { remaining: number }).remaining, 998);
  await limiter.close();
  kv.close();
});

const denokv = sharedDenokv();

Deno.test({
  name: "through a Deno KV server, a limit holds over connections of their own",
  ignore: denokv.missing,
  fn: async () => {
    const [first, second] = [
      await Deno.openKv(denokv.server.url),
      await Deno.openKv(denokv.server.url),
    ];
    const clock = { now: () => MIDDLE };
    const [a, b] = [first, second].map((kv) => new KvRateLimiter({ kv, log: silentLog, clock }));
    const allowed: boolean[] = [];
    for (let i = 0; i < 12; i++) {
      allowed.push((await (i % 2 ? a : b).take("login:x", STRICT)).allowed);
    }
    for (const limiter of [a, b]) await limiter.close();
    for (const kv of [first, second]) kv.close();
    assert.deepEqual(allowed, [...Array(10).fill(true), false, false]);
  },
});
