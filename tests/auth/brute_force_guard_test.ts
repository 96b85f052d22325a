import assert from "node:assert/strict";
import { BruteForceGuard } from "../../src/auth/brute_force_guard.ts";
import { AppError } from "../../src/core/errors.ts";
import type { Session } from "../../src/model/session.ts";
import { MemoryRateLimiter } from "../../src/cluster/local/rate_limiter.ts";

const visitor = (address: string) =>
  ({ transport: "rest", address, userAgent: "", requestId: "r" }) as const;

const ANN = { name: "ann", userId: "ann" };

/** Creates a guard of one account, whose owner has signed in from 203.0.113.1 before. */
function setUp() {
  const clock = { at: 1_800_000_000_000 };
  const limiter = new MemoryRateLimiter({ now: () => clock.at });
  const sessions = {
    ofUser: (userId: string) =>
      Promise.resolve(userId === "ann" ? [{ address: "203.0.113.1" } as Session] : []),
  };
  const guard = new BruteForceGuard(limiter, { sessions } as never);
  const attempt = (address: string, right: boolean) =>
    guard.guard("password", ANN, visitor(address), () => {
      if (right) return Promise.resolve("in");
      return Promise.reject(new AppError("unauthenticated", "wrong"));
    }).catch((error) => error.code as string);
  return { attempt, clock };
}

Deno.test("BruteForceGuard stops attempts from many networks by the account limit, except from the owner's network", async () => {
  const { attempt, clock } = setUp();
  const outcomes: string[] = [];
  for (let i = 0; i < 105; i++) outcomes.push(await attempt(`198.51.100.${i}`, false));
  assert.equal(outcomes.filter((code) => code === "unauthenticated").length, 100);
  assert.equal(outcomes.at(-1), "rate_limited");
  assert.equal(await attempt("192.0.2.77", true), "rate_limited", "an unknown network waits");
  assert.equal(await attempt("203.0.113.1", true), "in", "the owner's earlier network");
  clock.at += 60 * 60_000;
  assert.equal(await attempt("192.0.2.77", true), "in", "the limit recovers");
});

Deno.test("BruteForceGuard does not count an attempt for the network when the account limit refuses it", async () => {
  const { attempt, clock } = setUp();
  for (let i = 0; i < 100; i++) await attempt(`198.51.100.${i}`, false);
  for (let i = 0; i < 20; i++) assert.equal(await attempt("192.0.2.77", false), "rate_limited");
  // The time after which the account limit allows one more attempt.
  clock.at += 36_000;
  assert.equal(await attempt("192.0.2.77", false), "unauthenticated");
});

Deno.test("BruteForceGuard grants strangers no extra attempt after the owner signs in from a known network", async () => {
  const { attempt } = setUp();
  for (let i = 0; i < 100; i++) await attempt(`198.51.100.${i}`, false);
  for (let i = 0; i < 3; i++) assert.equal(await attempt("203.0.113.1", true), "in");
  assert.equal(await attempt("192.0.2.77", false), "rate_limited");
});

Deno.test("BruteForceGuard counts neither successes nor failures for other reasons", async () => {
  const { attempt } = setUp();
  for (let i = 0; i < 30; i++) assert.equal(await attempt("192.0.2.1", true), "in");
  const limiter = new MemoryRateLimiter();
  const guard = new BruteForceGuard(
    limiter,
    { sessions: { ofUser: () => Promise.resolve([]) } } as never,
  );
  for (let i = 0; i < 30; i++) {
    const busy = guard.guard("password", ANN, visitor("192.0.2.1"), () => {
      return Promise.reject(new AppError("unavailable", "busy"));
    });
    await assert.rejects(busy, /busy/);
  }
});

Deno.test("BruteForceGuard checks no more concurrent guesses than the limit", async () => {
  const { attempt } = setUp();
  const guesses = Array.from({ length: 50 }, () => attempt("192.0.2.1", false));
  const looked = (await Promise.all(guesses)).filter((code) => code === "unauthenticated");
  assert.equal(looked.length, 10);
});
