import assert from "node:assert/strict";
import { z } from "zod";
import { AppError } from "../../src/core/errors.ts";
import { silentLog } from "../../src/core/log.ts";
import type { Caller, Visitor } from "../../src/model/caller.ts";
import {
  Dispatcher,
  type DispatcherOptions,
  type Outcome,
  type Trace,
} from "../../src/operations/dispatcher.ts";
import { limit } from "../../src/api/fields.ts";
import { Answer, bind } from "../../src/operations/handler.ts";
import { operation } from "../../src/api/operation.ts";
import { networkOf } from "../../src/operations/rate_key.ts";
import type { RateLimiter } from "../../src/cluster/rate_limiter.ts";
import { MemoryRateLimiter } from "../../src/cluster/local/rate_limiter.ts";
import { DEFAULT_RATES } from "../../src/api/rate_limits.ts";

const visitor: Visitor = { transport: "ws", address: "192.0.2.1", userAgent: "", requestId: "r" };
const caller: Caller = {
  ...visitor,
  userId: "u",
  sessionId: "s",
  authenticatedAt: 0,
  tokenExpiresAt: 1,
};

const spec = {
  summary: "",
  tag: "t",
  limit: "write",
  input: () => z.strictObject({ n: z.int() }),
  output: () => z.object({ n: z.int() }),
} as const;

const open = operation({ ...spec, name: "t.open", access: "public" });
const closed = operation({ ...spec, name: "t.closed", access: "session" });
const admin = operation({ ...spec, name: "t.admin", access: "admin" });

function setUp(options: Partial<DispatcherOptions> = {}) {
  const outcomes: Outcome[] = [];
  let handled = 0;
  const dispatcher = new Dispatcher({
    limiter: new MemoryRateLimiter({ now: () => 0 }),
    rates: { ...DEFAULT_RATES, write: { count: 2, periodMs: 60_000 } },
    log: silentLog,
    isAdmin: ({ userId }) => userId === "root",
    observe: (outcome) => outcomes.push(outcome),
    ...options,
  });
  const echo = (_caller: Visitor, { n }: { n: number }) => {
    handled++;
    return Promise.resolve({ n });
  };
  return { dispatcher, outcomes, echo, handled: () => handled };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "ok";
  } catch (error) {
    assert(error instanceof AppError, String(error));
    return error.code;
  }
}

Deno.test("Dispatcher returns at most LIMIT_PAGE_SIZE items on a page of any list", async () => {
  const { dispatcher } = setUp({ pageSize: 20 });
  const input = () => z.strictObject({ limit });
  const output = () => z.object({ limit });
  const list = operation({
    ...spec,
    limit: "read",
    name: "t.list",
    access: "public",
    input,
    output,
  });
  const echo = bind(list, (_caller, { limit }) => Promise.resolve({ limit }));
  for (
    const [asked, given] of [[{}, 20], [{ limit: 21 }, 20], [{ limit: 20 }, 20], [{ limit: 1 }, 1]]
  ) {
    assert.deepEqual((await dispatcher.dispatch(echo, visitor, asked)).data, { limit: given });
  }
});

Deno.test("Dispatcher checks access before it runs anything", async () => {
  const { dispatcher, echo, handled } = setUp();
  const input = { n: 1 };
  assert.equal(
    await codeOf(dispatcher.dispatch(bind(closed, echo), visitor, input)),
    "unauthenticated",
  );
  assert.equal(await codeOf(dispatcher.dispatch(bind(admin, echo), caller, input)), "forbidden");
  assert.equal(handled(), 0);
  const root = { ...caller, userId: "root" };
  const answer = await dispatcher.dispatch(bind(admin, echo), root, input);
  assert.deepEqual(answer.data, input);
  assert.equal((await dispatcher.dispatch(bind(open, echo), visitor, input)).status, 200);
});

Deno.test("Dispatcher charges the limit for a valid request, and not for an invalid one", async () => {
  const { dispatcher, echo } = setUp();
  const bound = bind(closed, echo);
  const codes = [];
  for (const n of ["x", "x", "x", 1, 2, 3]) {
    codes.push(await codeOf(dispatcher.dispatch(bound, caller, { n })));
  }
  const bad = "invalid_request";
  assert.deepEqual(codes, [bad, bad, bad, "ok", "ok", "rate_limited"]);
  // Another user, and an address, have separate limits.
  assert.equal(
    await codeOf(dispatcher.dispatch(bound, { ...caller, userId: "v" }, { n: 1 })),
    "ok",
  );
});

Deno.test("Dispatcher counts further uses of a long request by one call, as far as there is room", async () => {
  const counting = new MemoryRateLimiter({ now: () => 0 });
  const asked: (number | undefined)[] = [];
  const limiter: RateLimiter = {
    consume(bucket, rate, uses) {
      asked.push(uses);
      return counting.consume(bucket, rate, uses);
    },
    refund() {},
  };
  const { dispatcher } = setUp({ limiter });
  const long = bind(open, () => Promise.resolve(new Answer(200, { n: 1 }, 5)));
  const trace: Trace = {};
  await dispatcher.dispatch(long, visitor, { n: 1 }, trace);
  assert.equal(trace.rate?.decision.remaining, 0);
  assert.deepEqual(asked, [1, 5]);
  assert.equal(await codeOf(dispatcher.dispatch(long, visitor, { n: 1 })), "rate_limited");
});

Deno.test("a refusal has the time to wait, and the trace the state of the limit", async () => {
  const { dispatcher, echo } = setUp();
  const trace: Trace = {};
  const bound = bind(open, echo);
  await dispatcher.dispatch(bound, visitor, { n: 1 }, trace);
  assert.equal(trace.operation, "t.open");
  assert.equal(trace.rate?.decision.remaining, 1);
  await dispatcher.dispatch(bound, visitor, { n: 1 });
  const refused = await dispatcher.dispatch(bound, visitor, { n: 1 }).catch((error) => error);
  assert.equal(refused.retryAfter, 30);
});

Deno.test("Dispatcher lets requests pass when the rate limiter fails", async () => {
  const limiter = { consume: () => Promise.reject(new Error("away")), refund() {} };
  const { dispatcher, echo } = setUp({ limiter });
  assert.equal(await codeOf(dispatcher.dispatch(bind(open, echo), visitor, { n: 1 })), "ok");
});

Deno.test("Dispatcher logs an unexpected error once and returns internal, without its text", async () => {
  const logged: unknown[] = [];
  const log = { ...silentLog, error: (message: string) => void logged.push(message) };
  const { dispatcher, outcomes } = setUp({ log });
  const broken = bind(open, () => Promise.reject(new TypeError("secret")));
  const error = await dispatcher.dispatch(broken, visitor, { n: 1 }).catch((error) => error);
  assert(error instanceof AppError);
  assert.equal(error.code, "internal");
  assert(!error.message.includes("secret"));
  assert.equal(logged.length, 1);
  assert.equal(outcomes[0].code, "internal");
});

Deno.test("Dispatcher observes every outcome with its transport and code", async () => {
  const { dispatcher, outcomes, echo } = setUp();
  await dispatcher.dispatch(bind(open, echo), visitor, { n: 1 });
  await codeOf(dispatcher.dispatch(bind(open, echo), visitor, {}));
  assert.deepEqual(outcomes.map(({ operation, transport, code }) => [operation, transport, code]), [
    ["t.open", "ws", "ok"],
    ["t.open", "ws", "invalid_request"],
  ]);
  assert(outcomes.every(({ durationMs }) => durationMs >= 0));
});

Deno.test("Dispatcher checks outputs against their schema if configured", async () => {
  const { dispatcher } = setUp({ checkAnswers: true });
  const answer = (data: unknown) =>
    bind(open, () => Promise.resolve(new Answer(201, data as { n: number })));
  assert.equal((await dispatcher.dispatch(answer({ n: 1 }), visitor, { n: 1 })).status, 201);
  for (const data of [{ n: "x" }, { n: 1, hash: "x" }]) {
    const other = { ...visitor, address: crypto.randomUUID() };
    assert.equal(await codeOf(dispatcher.dispatch(answer(data), other, { n: 1 })), "internal");
  }
});

Deno.test("Dispatcher refuses an error that the operation does not declare if configured", async () => {
  const failing = bind(open, () => Promise.reject(new AppError("stale_epoch", "Not declared")));
  const [checked, trusting] = [{ checkAnswers: true }, {}].map((options) => setUp(options));
  const code = ({ dispatcher }: typeof checked) =>
    codeOf(dispatcher.dispatch(failing, visitor, { n: 1 }));
  assert.equal(await code(checked), "internal");
  assert.equal(await code(trusting), "stale_epoch");
});

Deno.test("rateKey counts an IPv6 visitor by network, and an IPv4 one by address", () => {
  assert.equal(networkOf("192.0.2.1"), "192.0.2.1");
  assert.equal(networkOf("2001:db8:0:1:aaaa::1"), networkOf("2001:DB8::1:bbbb:0:0:2"));
  assert.notEqual(networkOf("2001:db8:0:1::1"), networkOf("2001:db8:0:2::1"));
  assert.equal(networkOf("::1"), "0:0:0:0::/64");
});
