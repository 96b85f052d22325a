import assert from "node:assert/strict";
import { z } from "zod";
import { ChatError } from "../../src/client/mod.ts";
import { AppError } from "../../src/core/errors.ts";
import { toProblem } from "../../src/core/problem.ts";
import { validate } from "../../src/operations/dispatcher.ts";
import { faultText } from "../../src/web/page/texts/fault_text.ts";

const schema = z.strictObject({ username: z.string(), email: z.email() });

function shown(input: unknown): string {
  try {
    validate(schema, input);
  } catch (error) {
    assert(error instanceof AppError);
    return faultText(ChatError.of(toProblem(error)));
  }
  throw new Error("It was accepted");
}

Deno.test("the page names each field that is wrong once", () => {
  assert.equal(shown({ username: "ann" }), "email is required");
  assert.equal(
    shown({ username: 1, email: "ann" }),
    "username must be a string, not the number 1; email must be in the form of an e-mail address",
  );
});

Deno.test("the page says in plain words that the server is unreachable, and names no operation", () => {
  const offline = new ChatError("offline", "There is no connection for chat.read");
  assert.match(faultText(offline), /^The server cannot be reached/);
  assert.doesNotMatch(faultText(new TypeError("x is undefined")), /undefined/);
});
