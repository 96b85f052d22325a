import assert from "node:assert/strict";
import { z } from "zod";
import { AppError, ERROR_CODES, type ErrorCode } from "../../src/core/errors.ts";
import { problemResponse } from "../../src/http/problem_response.ts";
import { bind } from "../../src/operations/handler.ts";
import { operation } from "../../src/api/operation.ts";
import { type DemoApp, demoApp, send } from "./demo.ts";

const ID = "01890000-0000-7000-8000-00000000000f";

async function refused(
  app: DemoApp,
  status: number,
  code: string,
  ...request: [method: string, path: string, body?: unknown, headers?: Record<string, string>]
) {
  const answer = await send(app, ...request);
  const label = `${request[0]} ${request[1]} ${answer.text}`;
  assert.equal(answer.status, status, label);
  assert.equal(answer.headers.get("content-type"), "application/problem+json", label);
  assert.equal(answer.body.code, code, label);
  assert.equal(answer.body.status, status);
  assert.equal(answer.body.type, `urn:realtimechat:error:${code}`);
  assert(answer.body.title && answer.body.detail);
  assert(ERROR_CODES.includes(answer.body.code));
  return answer;
}

Deno.test("operations answer with their own statuses", async () => {
  const { app } = demoApp();
  const made = await send(app, "POST", "/api/notes", { text: "one" });
  assert.equal(made.status, 201);
  assert.equal(made.headers.get("content-type"), "application/json");
  assert.equal((await send(app, "POST", "/api/notes", { text: "one" })).status, 200);
  assert.deepEqual((await send(app, "GET", `/api/notes/${made.body.id}`)).body, made.body);
  const changed = await send(app, "PUT", `/api/notes/${made.body.id}`, { text: "two" });
  assert.equal(changed.body.text, "two");
  const deleted = await send(app, "DELETE", `/api/notes/${made.body.id}`);
  assert.equal(deleted.status, 204);
  assert.equal(deleted.text, "");
  await refused(app, 404, "not_found", "GET", `/api/notes/${made.body.id}`);
});

Deno.test("a literal path takes precedence over a parameter, in whatever order they are declared", async () => {
  const { app } = demoApp();
  const made = await send(app, "POST", "/api/notes", { text: "one" });
  assert.equal((await send(app, "GET", "/api/notes/latest")).body.id, made.body.id);
});

Deno.test("a query is converted by the schema, strictly", async () => {
  const { app } = demoApp();
  const ids = [];
  for (const text of ["a", "b", "c"]) {
    ids.push((await send(app, "POST", "/api/notes", { text })).body.id);
  }
  const list = async (query: string) =>
    (await send(app, "GET", `/api/notes?${query}`)).body.items.length;
  assert.equal(await list(""), 3);
  assert.equal(await list("limit=2&after=0&starred=false"), 2);
  assert.equal(await list(`only=${ids[0]},${ids[1]}`), 2);
  assert.equal(await list(`only=${ids[0]}&only=${ids[2]}`), 2);
  const bad = [
    "limit=0x1",
    "limit=1e1",
    "limit= 5",
    "limit=",
    "limit=5&limit=6",
    "starred=1",
    "starred=TRUE",
    "order=up",
    "only=",
    `only=${ids[0]},${ids[0]}`,
    "other=1",
    "__proto__=1",
    "limit[$gt]=1",
    "order=%ff",
    "order=%",
    "order=%00",
  ];
  for (const query of bad) {
    await refused(app, 400, "invalid_request", "GET", `/api/notes?${query}`);
  }
  const { body } = await refused(app, 400, "invalid_request", "GET", "/api/notes?limit=ten");
  assert.deepEqual(body.errors, [{ path: "limit", message: 'limit must be a number, not "ten"' }]);
});

Deno.test("a field in the wrong place is refused", async () => {
  const { app } = demoApp();
  const { body } = await refused(app, 400, "invalid_request", "PUT", `/api/notes/${ID}`, {
    noteId: ID,
    text: "x",
  });
  assert.equal(body.errors[0].path, "noteId");
  await refused(app, 400, "invalid_request", "GET", `/api/notes/${ID}?noteId=${ID}`);
  await refused(app, 400, "invalid_request", "POST", "/api/notes?text=x", { text: "x" });
});

Deno.test("each kind of bad body has its own error", async () => {
  const { app } = demoApp({ limits: { bodyBytes: 2000 } });
  const bad = async (body: unknown, pattern: RegExp) => {
    const answer = await refused(app, 400, "invalid_request", "POST", "/api/notes", body);
    assert.match(answer.body.detail, pattern);
  };
  await bad("{", /not valid JSON/);
  await bad('{"text":"a"} x', /not valid JSON/);
  await bad(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), /not valid UTF-8/);
  await bad("[]", /must be a JSON object/);
  await bad("null", /must be a JSON object/);
  await bad('"text"', /must be a JSON object/);
  await bad("", /text is required/);
  await bad('{"text":"\\ud800"}', /well-formed Unicode/);
  await bad('{"text":"a\\u0000b"}', /NUL/);
  await bad(`{"text":"a","extra":{"__proto__":{"x":1}}}`, /extra.__proto__ is not a known field/);
  await bad(`{"text":"a","extra":${'{"a":'.repeat(40)}1${"}".repeat(40)}}`, /deeper than 32/);
  await bad({ text: { $gt: "" } }, /text must be a string, not an object/);
  await refused(app, 413, "payload_too_large", "POST", "/api/notes", { text: "x".repeat(3000) });
});

Deno.test("a body must be plain JSON", async () => {
  const { app } = demoApp();
  const post = (headers: Record<string, string>) =>
    send(app, "POST", "/api/notes", '{"text":"x"}', headers);
  for (
    const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/json; charset=latin1",
      "application/jsonp",
      "",
    ]
  ) {
    assert.equal((await post({ "content-type": type })).status, 415, type);
  }
  for (const type of ["application/json", "Application/JSON; charset=UTF-8", "application/json;"]) {
    assert((await post({ "content-type": type })).status < 300, type);
  }
  for (const coding of ["gzip", "br", "deflate, gzip"]) {
    const answer = await post({ "content-encoding": coding });
    assert.equal(answer.status, 415);
    assert.equal(answer.headers.get("accept-encoding"), "identity");
  }
  assert((await post({ "content-encoding": "identity" })).status < 300);
});

Deno.test("tokens that are missing, refused, expired or of the wrong scheme are refused", async () => {
  const { app } = demoApp();
  const get = (authorization?: string) =>
    app.request("/api/notes", { headers: authorization ? { authorization } : {} });
  const cases: [string | undefined, number, string | null][] = [
    [undefined, 401, 'Bearer realm="realtimechat"'],
    ["Basic dXNlcg==", 401, 'Bearer realm="realtimechat"'],
    ["Bearer", 401, 'Bearer realm="realtimechat"'],
    ["Bearer a b", 401, 'Bearer realm="realtimechat"'],
    ["Bearer wrong", 401, 'Bearer realm="realtimechat", error="invalid_token"'],
    ["bearer user", 200, null],
  ];
  for (const [authorization, status, challenge] of cases) {
    const response = await get(authorization);
    assert.equal(response.status, status, String(authorization));
    assert.equal(response.headers.get("www-authenticate"), challenge);
    await response.body?.cancel();
  }
  const expired = await get("Bearer expired");
  assert.equal((await expired.json()).code, "token_expired");
  assert.equal(
    expired.headers.get("www-authenticate"),
    'Bearer realm="realtimechat", error="invalid_token", error_description="The token has expired"',
  );
});

Deno.test("an operation without a session uses a valid token, and ignores an invalid one", async () => {
  const { app } = demoApp();
  const who = async (token: string) =>
    (await send(app, "GET", "/api/me", undefined, { authorization: `Bearer ${token}` })).body
      .userId;
  assert.notEqual(await who("user"), null);
  assert.equal(await who("wrong"), null);
  assert.equal(await who("expired"), null);
});

Deno.test("a token that cannot be checked is neither refused nor ignored", async () => {
  const { app } = demoApp();
  for (const path of ["/api/me", "/api/notes"]) {
    const away = { authorization: "Bearer away" };
    const { headers } = await refused(app, 503, "unavailable", "GET", path, undefined, away);
    assert.equal(headers.get("www-authenticate"), null, "a client must not drop its session");
  }
});

Deno.test("an unauthenticated request is refused before its body is read", async () => {
  const { app } = demoApp();
  let pulled = 0;
  const body = new ReadableStream({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(1000));
    },
  }, { highWaterMark: 0 });
  const answer = await send(app, "POST", "/api/notes", body, { authorization: "" });
  assert.equal(answer.status, 401);
  assert.equal(pulled, 0);
});

Deno.test("operations of administrators refuse other users", async () => {
  const { app } = demoApp();
  const { headers: challenged } = await refused(
    app,
    403,
    "forbidden",
    "POST",
    "/api/admin/ping",
    {},
  );
  assert.match(challenged.get("www-authenticate")!, /error="insufficient_scope"/);
  const headers = { authorization: "Bearer admin" };
  assert.equal((await send(app, "POST", "/api/admin/ping", {}, headers)).status, 200);
  // Another token would not help.
  const wrong = await send(app, "POST", "/api/admin/ping", { x: 1 }, headers);
  const person = await refused(app, 403, "forbidden", "POST", "/api/break", { how: "forbidden" });
  for (const { headers } of [wrong, person]) assert.equal(headers.get("www-authenticate"), null);
});

Deno.test("a refusal has the headers that its code requires, and no others", () => {
  const always = { "content-type": "application/problem+json" };
  const challenge = { "www-authenticate": 'Bearer realm="realtimechat"' };
  const required: Partial<Record<ErrorCode, Record<string, string>>> = {
    unauthenticated: challenge,
    token_expired: challenge,
    two_factor_required: challenge,
    unsupported_media_type: { "accept-encoding": "identity" },
    request_timeout: { connection: "close" },
    upgrade_required: {
      connection: "upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
    },
    rate_limited: { "retry-after": "5" },
    unavailable: { "retry-after": "5" },
  };
  for (const code of ERROR_CODES) {
    const headersOf = (error: AppError) => Object.fromEntries(problemResponse(error).headers);
    const expected = { ...always, ...required[code] };
    assert.deepEqual(headersOf(new AppError(code, "no")), expected, code);
    const late = new AppError(code, "no", { retryAfter: 7 });
    assert.deepEqual(headersOf(late), { ...expected, "retry-after": "7" }, code);
  }
});

Deno.test("unknown paths answer 404 and unknown methods 405", async () => {
  const { app } = demoApp();
  await refused(app, 404, "not_found", "GET", "/api/nothing");
  await refused(app, 404, "not_found", "GET", "/api/notes/");
  await refused(app, 404, "not_found", "POST", "/");
  const { headers } = await refused(app, 405, "method_not_allowed", "PATCH", "/api/notes", {});
  assert.equal(headers.get("allow"), "GET, HEAD, OPTIONS, POST");
  await refused(app, 405, "method_not_allowed", "DELETE", "/healthz");
  const options = await send(app, "OPTIONS", `/api/notes/${ID}`);
  assert.equal(options.status, 204);
  assert.equal(options.headers.get("allow"), "DELETE, GET, HEAD, OPTIONS, PUT");
  const head = await send(app, "HEAD", "/api/notes");
  assert.equal(head.status, 200);
  assert.equal(head.text, "");
});

Deno.test("a fixed path has its own methods, not those of a parameter in its place", async () => {
  const { app } = demoApp();
  for (const method of ["PUT", "DELETE", "POST", "PATCH"]) {
    const { headers } = await refused(
      app,
      405,
      "method_not_allowed",
      method,
      "/api/notes/latest",
      {},
    );
    assert.equal(headers.get("allow"), "GET, HEAD, OPTIONS", method);
  }
  const options = await send(app, "OPTIONS", "/api/notes/latest");
  assert.deepEqual([options.status, options.headers.get("allow")], [204, "GET, HEAD, OPTIONS"]);
});

Deno.test("a route that finds nothing answers 404, not 405", async () => {
  const { app } = demoApp();
  app.get("/files/:name", (c) => c.notFound());
  await refused(app, 404, "not_found", "GET", "/files/nothing");
  assert.equal((await send(app, "HEAD", "/files/nothing")).status, 404);
  await refused(app, 405, "method_not_allowed", "DELETE", "/files/nothing");
  assert.equal((await send(app, "OPTIONS", "/files/nothing")).status, 204);
});

Deno.test("an unexpected failure answers 500 without its reason, which is logged with the request's id", async () => {
  for (const how of ["error", "string", "unlisted"]) {
    const { app, lines } = demoApp();
    const answer = await refused(app, 500, "internal", "POST", "/api/break", { how });
    assert(!answer.text.includes("secret") && !answer.text.includes("passwordHash"));
    const errors = lines.filter(({ level }) => level === "error");
    assert.equal(errors.length, 1);
    assert.equal(errors[0].requestId, answer.headers.get("x-request-id"));
  }
  const { app } = demoApp();
  await refused(app, 503, "unavailable", "POST", "/api/break", { how: "unavailable" });
});

Deno.test("raw routes may throw any error", async () => {
  const { app, lines } = demoApp();
  app.get("/raw/error", () => {
    throw new Error("a secret reason");
  });
  app.get("/raw/string", () => {
    throw "a secret string";
  });
  for (const path of ["/raw/error", "/raw/string"]) {
    const answer = await refused(app, 500, "internal", "GET", path);
    assert(!answer.text.includes("secret"));
    assert(answer.headers.has("x-request-id"));
  }
  assert.equal(lines.filter(({ level }) => level === "error").length, 2);
});

Deno.test("rate limits are in the headers of every response, and of a refusal", async () => {
  const { app } = demoApp({ rates: { write: { count: 2, periodMs: 60_000 } } });
  const first = await send(app, "GET", "/api/notes");
  assert.equal(first.headers.get("ratelimit-policy"), '"write";q=2;w=60');
  assert.equal(first.headers.get("ratelimit"), '"write";r=1;t=30');
  await send(app, "GET", "/api/notes");
  const { headers, body } = await refused(app, 429, "rate_limited", "GET", "/api/notes");
  assert.equal(headers.get("retry-after"), "30");
  assert.equal(body.retryAfter, 30);
  assert.equal(headers.get("ratelimit"), '"write";r=0;t=30', "one time to wait");
});

Deno.test("two operations on one route are refused at start-up", () => {
  const one = (name: string, path: string) =>
    bind(
      operation({
        name,
        summary: "",
        tag: "",
        access: "public",
        limit: "read",
        input: () => z.strictObject({}),
        output: null,
        rest: { method: "GET", path },
      }),
      () => Promise.resolve(),
    );
  assert.throws(
    () => demoApp({ bound: [one("a.b", "/x/:id"), one("c.d", "/x/:other")] }),
    /c\.d and a\.b both claim GET/,
  );
});
