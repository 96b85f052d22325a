import assert from "node:assert/strict";
import { ChatError } from "../../src/client/chat_error.ts";
import { Rest } from "../../src/client/rest.ts";

const PAGE = "<html><body><h1>nginx</h1></body></html>";

/** The error of a call with this response from something in front of the server. */
async function errorOf(
  status: number,
  headers: Record<string, string> = {},
  body = PAGE,
): Promise<ChatError> {
  const init = { status, headers: { "content-type": "text/html; charset=utf-8", ...headers } };
  const fetch = () => Promise.resolve(new Response(body, init));
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

Deno.test("a gateway's JSON is reported as the gateway's, by its status", async () => {
  const json = { "content-type": "application/json", "retry-after": "3" };
  for (const body of ['{"message":"Service Unavailable"}', '{"code":503}', "null", "[]", '"no"']) {
    const { code, retryAfterMs, message } = await errorOf(503, json, body);
    assert.deepEqual([code, retryAfterMs], ["unavailable", 3_000], body);
    assert.match(message, /answered 503 \(application\/json\)/);
  }
});

Deno.test("both forms of Retry-After are read, on every refusal", async () => {
  const now = Date.parse("2026-11-30T12:00:00Z");
  const date = new Date(now).toUTCString();
  const waits: [string, number | undefined][] = [
    ["0", 0],
    ["120", 120_000],
    [new Date(now + 90_000).toUTCString(), 90_000],
    [new Date(now - 90_000).toUTCString(), 0],
    // A longer timer would end at once.
    [new Date(now + 1e11).toUTCString(), 24 * 60 * 60_000],
    ["99999999999", 24 * 60 * 60_000],
    ["soon", undefined],
    ["-5", undefined],
  ];
  for (const status of [429, 503]) {
    for (const [value, expected] of waits) {
      const headers = { "retry-after": value, date };
      assert.equal((await errorOf(status, headers)).retryAfterMs, expected, value);
      const problem = '{"code":"unavailable","title":"away"}';
      assert.equal((await errorOf(status, headers, problem)).retryAfterMs, expected, value);
    }
  }
  const both = '{"code":"rate_limited","title":"slower","retryAfter":2}';
  assert.equal((await errorOf(429, { "retry-after": "9" }, both)).retryAfterMs, 2_000);
  assert.equal((await errorOf(503)).retryAfterMs, undefined);
});
