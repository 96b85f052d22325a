import assert from "node:assert/strict";
import { z } from "zod";
import { AppError } from "../../src/core/errors.ts";
import { toProblem } from "../../src/core/problem.ts";
import { validate } from "../../src/operations/dispatcher.ts";
import { ApiError } from "../../src/web/page/api.js";

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
