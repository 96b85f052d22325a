import assert from "node:assert/strict";
import { z } from "zod";
import { AppError } from "../../src/core/errors.ts";
import { toProblem } from "../../src/core/problem.ts";
import { validate } from "../../src/operations/dispatcher.ts";
import { ApiError, renew } from "../../src/web/page/api.js";

const schema = z.strictObject({ username: z.string(), email: z.email() });

function shown(input: unknown): string {
  try {
    validate(schema, input);
  } catch (error) {
    assert(error instanceof AppError);
    return new ApiError(toProblem(error)).message;
  }
  throw new Error("It was taken");
}

Deno.test("the page names each field that is wrong once", () => {
  assert.equal(shown({ username: "ann" }), "email is required");
  assert.equal(
    shown({ username: 1, email: "ann" }),
    "username must be a string, not the number 1; email must be in the form of an e-mail address",
  );
});

/** Milliseconds until what one tab has written is there for another. */
const STORAGE_LAG_MS = 100;

Deno.test("the page uses no refresh token that another tab used just before it had the lock", async () => {
  let stored = '{"accessToken":"old","refreshToken":"spent"}';
  const localStorage = { getItem: () => stored, setItem() {} };
  const locks = {
    request(_name: string, work: () => Promise<void>) {
      setTimeout(() => stored = '{"accessToken":"new","refreshToken":"good"}', STORAGE_LAG_MS);
      return work();
    },
  };
  const requested: unknown[] = [];
  const fetch = (url: unknown) => {
    requested.push(url);
    return Promise.resolve(Response.json({ accessToken: "x", refreshToken: "y" }));
  };
  const before = Object.entries({ localStorage, fetch }).map(([name, value]) => {
    const own = Object.getOwnPropertyDescriptor(globalThis, name)!;
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    return [name, own] as const;
  });
  Object.defineProperty(navigator, "locks", { value: locks, configurable: true });
  try {
    await renew("old");
    assert.deepEqual(requested, []);
  } finally {
    for (const [name, own] of before) Object.defineProperty(globalThis, name, own);
    Reflect.deleteProperty(navigator, "locks");
  }
});
