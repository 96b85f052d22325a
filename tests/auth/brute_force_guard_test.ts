import assert from "node:assert/strict";
import { BruteForceGuard, type Guarded, personName } from "../../src/auth/brute_force_guard.ts";
import { delay } from "../../src/core/delay.ts";
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
  const attempt = (address: string, right: boolean, account: Guarded = ANN) =>
    guard.guard("password", account, visitor(address), () => {
      if (right) return Promise.resolve("in");
      return Promise.reject(new AppError("unauthenticated", "wrong"));
    }).catch((error) => error.code as string);
  return { attempt, clock, limiter };
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

Deno.test("BruteForceGuard refuses a name without an account after as many attempts as one with an account", async () => {
  const { attempt } = setUp();
  const unknown = { name: "nobody", userId: null };
  for (const account of [ANN, unknown]) {
    const outcomes: string[] = [];
    for (let i = 0; i < 105; i++) {
      outcomes.push(await attempt(`198.51.${Math.floor(i / 10)}.${i % 10}`, false, account));
    }
    const expected = [...Array(100).fill("unauthenticated"), ...Array(5).fill("rate_limited")];
    assert.deepEqual(outcomes, expected, account.name);
  }
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

Deno.test("BruteForceGuard gives a known device a separate budget, and counts its failures for the account", async () => {
  const { attempt, clock } = setUp();
  const known = { ...ANN, knownAs: "device:1" };
  for (let i = 0; i < 90; i++) await attempt(`198.51.100.${i}`, false);
  for (let i = 0; i < 10; i++) {
    assert.equal(await attempt("192.0.2.1", false, known), "unauthenticated");
  }
  assert.equal(await attempt("192.0.2.1", true, known), "rate_limited");
  const refuse = () => Promise.reject(new AppError("unauthenticated", "wrong"));
  const stranger = { ...ANN, refuse };
  const full = await attempt("192.0.2.2", true, stranger);
  assert.equal(full, "unauthenticated", "90 of strangers and ten of it");
  const other = { ...ANN, knownAs: "device:2" };
  assert.equal(await attempt("192.0.2.1", true, other), "in", "whatever others have used up");
  for (let i = 0; i < 20; i++) assert.equal(await attempt("192.0.2.9", true, other), "in");
  // The time after which the account limit allows one more attempt: it was not used by the device.
  clock.at += 36_000;
  assert.equal(await attempt("192.0.2.9", true, stranger), "in");
});

Deno.test("BruteForceGuard counts by the typed name and by the account, and refuses the account's other name like a wrong secret", async () => {
  const { attempt } = setUp();
  const byMail = { ...ANN, name: "ann@example.org" };
  for (let i = 0; i < 10; i++) await attempt("192.0.2.1", false, byMail);
  assert.equal(await attempt("192.0.2.1", true, byMail), "rate_limited");
  const refuse = () => Promise.reject(new AppError("unauthenticated", "wrong"));
  assert.equal(await attempt("192.0.2.1", true, { ...ANN, refuse }), "unauthenticated");
  assert.equal(await attempt("192.0.2.2", true, { ...ANN, refuse }), "in", "another network");
  const person = { name: personName("ann"), userId: "ann", refuse };
  assert.equal(await attempt("192.0.2.1", true, person), "rate_limited", "no name was typed");
  for (let i = 0; i < 10; i++) {
    assert.equal(await attempt("192.0.2.3", false, person), "unauthenticated", "counted once");
  }
});

Deno.test("BruteForceGuard has refunded an attempt before it returns, and fails as the refund does", async () => {
  for (const outcome of ["in", "busy"]) {
    let refunds = 0;
    const guard = new BruteForceGuard({
      consume: () => Promise.resolve({ allowed: true }),
      refund: async () => {
        await delay(1);
        if (++refunds === 4) throw new Error("limits are away");
      },
    } as never, {} as never);
    const check = () =>
      outcome === "in" ? Promise.resolve(outcome) : Promise.reject(new AppError("unavailable", ""));
    const attempt = () => guard.guard("password", ANN, visitor("192.0.2.1"), check);
    await attempt().catch(() => {});
    assert.equal(refunds, 4, "by the name and by the account, near and wide");
    refunds = 3;
    await assert.rejects(attempt(), /limits are away/);
  }
});
