import assert from "node:assert/strict";
import { ChatError } from "../../src/client/chat_error.ts";
import { Rest } from "../../src/client/rest.ts";

const PAGE = "<html><body><h1>nginx</h1></body></html>";

/** The error of a call with this response from something in front of the server. */
async function errorOf(status: number, headers: Record<string, string> = {}): Promise<ChatError> {
  const fetch = () =>
    Promise.resolve(
      new Response(PAGE, {
        status,
        headers: { "content-type": "text/html; charset=utf-8", ...headers },
      }),
    );
  const rest = new Rest({ url: "https://chat.example.org", fetch });
  const error = await rest.call("user.profile", {}, "token").catch((error) => error);
  assert.ok(error instanceof ChatError, String(error));
  return error;
}

Deno.test("a proxy's page is reported as the proxy's", async () => {
  const codes: [number, string][] = [
    [200, "bad_answer"],
    [403, "bad_answer"],
    [408, "request_timeout"],
    [413, "payload_too_large"],
    [429, "rate_limited"],
    [502, "unavailable"],
    [504, "unavailable"],
  ];
  for (const [status, code] of codes) {
    const error = await errorOf(status);
    assert.equal(error.code, code, String(status));
    assert.match(error.message, new RegExp(`answered ${status} \\(text/html\\)`));
  }
  assert.equal((await errorOf(503, { "retry-after": "7" })).retryAfterMs, 7_000);
});
