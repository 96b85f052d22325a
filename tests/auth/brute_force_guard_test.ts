import assert from "node:assert/strict";
import { BruteForceGuard } from "../../src/auth/brute_force_guard.ts";
import { AppError } from "../../src/core/errors.ts";
import type { Session } from "../../src/model/session.ts";
import { MemoryRateLimiter } from "../../src/cluster/local/rate_limiter.ts";

const visitor = (address: string) =>
  ({ door: "rest", address, userAgent: "", requestId: "r" }) as const;

const ANN = { name: "ann", userId: "ann" };

/** A guard of one account, whose owner has signed in from 203.0.113.1 before. */
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

Deno.test("many networks at once are stopped by the account's wide limit, the owner's own is not", async () => {
  const { attempt, clock } = setUp();
  const outcomes: string[] = [];
  for (let i = 0; i < 105; i++) outcomes.push(await attempt(`198.51.100.${i}`, false));
  assert.equal(outcomes.filter((code) => code === "unauthenticated").length, 100);
  assert.equal(outcomes.at(-1), "rate_limited");
  assert.equal(await attempt("192.0.2.77", true), "rate_limited", "an unknown network waits");
  assert.equal(await attempt("203.0.113.1", true), "in", "where the owner was before");
  clock.at += 60 * 60_000;
  assert.equal(await attempt("192.0.2.77", true), "in", "it is not for good");
});

Deno.test("a try that the wide limit refuses is none of its network's", async () => {
  const { attempt, clock } = setUp();
  for (let i = 0; i < 100; i++) await attempt(`198.51.100.${i}`, false);
  for (let i = 0; i < 20; i++) assert.equal(await attempt("192.0.2.77", false), "rate_limited");
  // The time in which the wide limit allows one more.
  clock.at += 36_000;
  assert.equal(await attempt("192.0.2.77", false), "unauthenticated");
});

Deno.test("who gets in where they were before gives nobody else another try", async () => {
  const { attempt } = setUp();
  for (let i = 0; i < 100; i++) await attempt(`198.51.100.${i}`, false);
  for (let i = 0; i < 3; i++) assert.equal(await attempt("203.0.113.1", true), "in");
  assert.equal(await attempt("192.0.2.77", false), "rate_limited");
});

Deno.test("what is right, and what fails for another reason, does not count", async () => {
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

Deno.test("of many guesses at once, no more than the limit get to look", async () => {
  const { attempt } = setUp();
  const guesses = Array.from({ length: 50 }, () => attempt("192.0.2.1", false));
  const looked = (await Promise.all(guesses)).filter((code) => code === "unauthenticated");
  assert.equal(looked.length, 10);
});
