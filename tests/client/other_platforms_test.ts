/** The client on platforms that lack something of Deno. */
import assert from "node:assert/strict";
import { Rest } from "../../src/client/rest.ts";
import { fromUtf8, utf8 } from "../../src/client/utf8.ts";

const PROFILE = { id: "1", username: "ann", displayName: "Änn" };

function profileFrom(response: Response): Promise<unknown> {
  const rest = new Rest({
    url: "https://chat.example.org",
    fetch: () => Promise.resolve(response),
  });
  return rest.call("user.profile", {}, "token");
}

Deno.test("Rest reads a body over which Safari cannot iterate", async () => {
  const response = Response.json(PROFILE);
  for (const name of [Symbol.asyncIterator, "values"]) {
    Object.defineProperty(response.body, name, { value: undefined });
  }
  assert.deepEqual(await profileFrom(response), PROFILE);
});

Deno.test("Rest reads a response without a stream, as React Native has it", async () => {
  const response = Response.json(PROFILE);
  Object.defineProperty(response, "body", { value: undefined });
  assert.deepEqual(await profileFrom(response), PROFILE);
});

Deno.test("fromUtf8 reads text, and throws for other bytes, without a TextDecoder", () => {
  const { TextDecoder } = globalThis;
  Object.assign(globalThis, { TextDecoder: undefined });
  try {
    for (const text of ["", "\uFEFFÄnn % 👍\n"]) assert.equal(fromUtf8(utf8(text)), text);
    assert.throws(() => fromUtf8(new Uint8Array([0x61, 0xff])));
  } finally {
    Object.assign(globalThis, { TextDecoder });
  }
});
