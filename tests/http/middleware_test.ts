import assert from "node:assert/strict";
import { jsonLog } from "../../src/core/log.ts";
import { addressReader } from "../../src/http/client_address.ts";
import { isOriginAllowed } from "../../src/http/cors.ts";
import { demoApp, send, USER } from "./demo.ts";

const ALLOWED = "https://app.example.com";

Deno.test("every response has the request's id, which is the caller's if it is harmless", async () => {
  const { app } = demoApp();
  const idFor = async (given: string) => {
    const { headers } = await send(app, "GET", "/healthz", undefined, { "x-request-id": given });
    return headers.get("x-request-id");
  };
  assert.equal(await idFor("trace-0123456789"), "trace-0123456789");
  for (const bad of ["short", "x".repeat(65), "a b c d e f g", "<script>alert(1)"]) {
    assert.match((await idFor(bad))!, /^[0-9a-f-]{36}$/);
  }
});

Deno.test("every response has security headers, errors included", async () => {
  const { app } = demoApp();
  app.get("/page", (c) => c.html("", 200, { "content-security-policy": "default-src 'self'" }));
  for (const path of ["/api/notes", "/healthz", "/nothing", "/api/notes/x"]) {
    const { headers } = await send(app, "GET", path);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(
      headers.get("content-security-policy"),
      "default-src 'none'; frame-ancestors 'none'",
    );
    assert.equal(headers.get("x-frame-options"), "DENY");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("strict-transport-security"), null);
  }
  const { headers } = await send(app, "GET", "/page");
  assert.equal(headers.get("content-security-policy"), "default-src 'self'", "a page has its own");
  const secure = demoApp({ config: { publicUrl: "https://chat.example.com" } }).app;
  assert((await send(secure, "GET", "/healthz")).headers.has("strict-transport-security"));
});

Deno.test("responses that come from fetch get the headers too", async () => {
  const { app } = demoApp();
  app.get("/elsewhere", () => fetch("data:text/plain,hello"));
  const answer = await send(app, "GET", "/elsewhere");
  assert.equal(answer.text, "hello");
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
});

Deno.test("HEAD has the content length of the response to GET", async () => {
  const { app } = demoApp();
  for (const path of ["/healthz", "/api/openapi.json", "/docs", "/nothing", "/api/notes"]) {
    const get = await send(app, "GET", path);
    const head = await send(app, "HEAD", path);
    assert.deepEqual([head.status, head.text], [get.status, ""], path);
    const length = new TextEncoder().encode(get.text).byteLength;
    assert.equal(head.headers.get("content-length"), String(length), path);
  }
});

Deno.test("CORS admits configured origins, and no others", async () => {
  const { app } = demoApp();
  const get = async (origin: string) =>
    (await send(app, "GET", "/api/notes", undefined, { origin })).headers;
  const headers = await get(ALLOWED);
  assert.equal(headers.get("access-control-allow-origin"), ALLOWED);
  assert.equal(headers.get("access-control-allow-credentials"), null);
  assert.match(headers.get("access-control-expose-headers")!, /Retry-After/);
  assert.match(headers.get("vary")!, /Origin/);
  for (const origin of ["https://evil.example", `${ALLOWED}.evil.example`, "null"]) {
    assert.equal((await get(origin)).get("access-control-allow-origin"), null);
  }
  const open = demoApp({ config: { corsOrigins: "*" } }).app;
  const { headers: any } = await send(open, "GET", "/nothing", undefined, {
    origin: "https://x.y",
  });
  assert.equal(any.get("access-control-allow-origin"), "*");
  assert.doesNotMatch(any.get("vary") ?? "", /Origin/, "caches serve all origins from one entry");
  for (const each of [app, open]) {
    const { headers: none } = await send(each, "GET", "/nothing");
    assert.equal(none.get("access-control-allow-origin"), null);
  }
});

Deno.test("CORS answers a preflight for any path, before authentication", async () => {
  const { app } = demoApp();
  const preflight = (origin: string, asked: string) =>
    send(app, "OPTIONS", "/api/notes", undefined, {
      origin,
      authorization: "",
      "access-control-request-method": "PUT",
      "access-control-request-headers": asked,
    });
  const { status, headers } = await preflight(ALLOWED, "authorization,content-type");
  assert.equal(status, 204);
  assert.equal(headers.get("access-control-allow-origin"), ALLOWED);
  assert.match(headers.get("access-control-allow-methods")!, /PUT/);
  assert.equal(headers.get("access-control-allow-headers"), "authorization,content-type");
  const other = await preflight("https://evil.example", "authorization");
  assert.equal(other.headers.get("access-control-allow-origin"), null);
  const odd = await preflight(ALLOWED, "a b<c");
  assert.equal(odd.headers.get("access-control-allow-headers"), null);
  const asks = { "access-control-request-method": "PUT" };
  const others = [["OPTIONS", { origin: ALLOWED }], ["OPTIONS", asks], [
    "GET",
    { origin: ALLOWED, ...asks },
  ]] as const;
  for (const [method, headers] of others) {
    const answer = await send(app, method, "/api/notes", undefined, headers);
    assert.equal(answer.headers.get("access-control-allow-methods"), null, "no preflight");
  }
});

Deno.test("sockets are opened from allowed origins, from the server's own, and by clients that are not browsers", () => {
  const config = { corsOrigins: [ALLOWED], publicUrl: null };
  const from = (origin?: string, publicUrl: string | null = null) => {
    const headers = new Headers({ host: "chat.example.com", ...(origin && { origin }) });
    const request = new Request("http://chat.example.com/ws", { headers });
    return isOriginAllowed(request, { ...config, publicUrl });
  };
  assert(from());
  assert(from(ALLOWED));
  assert(from("https://chat.example.com"));
  assert(!from("https://evil.example"));
  assert(!from("null"));
  const open = new Request("http://chat.example.com/ws", { headers: { origin: "https://x.y" } });
  assert(isOriginAllowed(open, { corsOrigins: "*", publicUrl: "https://chat.example.com" }));
  assert(!from("https://chat.example.com", "https://other.example.com"));
});

Deno.test("one line is logged for each request, without query and token", async () => {
  const { app, lines } = demoApp();
  const { headers } = await send(app, "GET", "/api/notes?order=new&secret-token=1");
  const [line] = lines.filter(({ message }) => message === "request");
  assert.equal(lines.length, 1);
  assert.equal(line.method, "GET");
  assert.equal(line.path, "/api/notes");
  assert.equal(line.status, 400);
  assert.equal(line.code, "invalid_request");
  assert.equal(line.operation, "note.list");
  assert.equal(line.userId, USER);
  assert.equal(line.requestId, headers.get("x-request-id"));
  assert(typeof line.ms === "number");
  assert(!JSON.stringify(lines).includes("secret-token"));
  assert(!JSON.stringify(lines).includes("Bearer"));
});

Deno.test("the line of a request has the code of its refusal, and a failure of the server a separate one", async () => {
  const { app, lines } = demoApp();
  const logged = async (
    ...request: Parameters<typeof send> extends [unknown, ...infer R] ? R : []
  ) => {
    lines.length = 0;
    await send(app, ...request);
    const failures = lines.filter(({ level }) => level === "error").length;
    const { code } = lines.find(({ message }) => message === "request")!;
    return [code, failures];
  };
  assert.deepEqual(await logged("GET", "/api/nothing"), ["not_found", 0]);
  assert.deepEqual(await logged("DELETE", "/healthz"), ["method_not_allowed", 0]);
  assert.deepEqual(await logged("POST", "/api/break", { how: "error" }), ["internal", 1]);
  assert.deepEqual(await logged("POST", "/api/break", { how: "unavailable" }), ["unavailable", 1]);
  const away = { authorization: "Bearer away" };
  assert.deepEqual(await logged("GET", "/api/notes", undefined, away), ["unavailable", 1]);
  assert.deepEqual(await logged("GET", "/api/notes"), [undefined, 0]);
});

Deno.test("input from outside cannot start a second line in the log", async () => {
  const written: string[] = [];
  const { app } = demoApp({ log: jsonLog("info", (line) => written.push(line)) });
  await send(app, "GET", "/api/x%0a%7B%22level%22:%22error%22%7D", undefined, {
    "user-agent": "x\u00ffy",
    "x-request-id": "%0a%0d%0a%0d%0a",
  });
  assert.equal(written.length, 1);
  assert(!written[0].includes("\n"));
});

Deno.test("a client's user agent is cut in the log", async () => {
  const { app, lines } = demoApp();
  await send(app, "GET", "/api/notes", undefined, { "user-agent": "x".repeat(10_000) });
  assert.equal(lines[0].userAgent, "x".repeat(256));
});

Deno.test("probes that succeed are not logged", async () => {
  const { app, lines } = demoApp();
  await send(app, "GET", "/healthz");
  assert.deepEqual(lines.map(({ level }) => level), ["debug"]);
});

Deno.test("the client's address is the peer's unless a proxy is configured", () => {
  const headers = (value: string, name = "x-forwarded-for") => new Headers({ [name]: value });
  const none = addressReader(null);
  assert.equal(none(headers("203.0.113.9"), "192.0.2.1"), "192.0.2.1");
  assert.equal(none(new Headers(), "::ffff:192.0.2.1"), "192.0.2.1");
  const one = addressReader({ header: "x-forwarded-for", hops: 1 });
  assert.equal(one(headers("6.6.6.6, 203.0.113.9"), "192.0.2.1"), "203.0.113.9");
  assert.equal(one(headers("6.6.6.6, [2001:DB8::1]:443"), "192.0.2.1"), "2001:db8::1");
  assert.equal(one(headers("203.0.113.9:5555"), "192.0.2.1"), "203.0.113.9");
  // As written by proxies behind a dual-stack socket: one person, whichever notation is used.
  assert.equal(one(headers("::FFFF:203.0.113.9"), "192.0.2.1"), "203.0.113.9");
  assert.equal(one(headers("[::ffff:203.0.113.9]:443"), "192.0.2.1"), "203.0.113.9");
  assert.equal(one(headers("<script>"), "192.0.2.1"), "192.0.2.1");
  assert.equal(one(headers("<script>"), "::ffff:192.0.2.1"), "192.0.2.1");
  assert.equal(one(new Headers(), "192.0.2.1"), "192.0.2.1");
  const two = addressReader({ header: "x-forwarded-for", hops: 2 });
  assert.equal(two(headers("6.6.6.6, 203.0.113.9, 10.0.0.1"), "10.0.0.2"), "203.0.113.9");
  assert.equal(two(headers("203.0.113.9"), "10.0.0.2"), "10.0.0.2");
  const standard = addressReader({ header: "forwarded", hops: 1 });
  const forwarded = headers('for=6.6.6.6, proto=https;for="[2001:db8::2]:80"', "forwarded");
  assert.equal(standard(forwarded, "10.0.0.2"), "2001:db8::2");
});

Deno.test("visitors are limited by the address that the proxy names", async () => {
  const { app } = demoApp({
    config: { trustedProxy: { header: "x-real-ip", hops: 1 } },
    rates: { login: { count: 1, periodMs: 60_000 } },
  });
  const from = async (address: string) => {
    const headers = { "x-real-ip": address, authorization: "" };
    return (await send(app, "GET", "/api/me", undefined, headers)).status;
  };
  assert.equal(await from("203.0.113.1"), 200);
  assert.equal(await from("203.0.113.1"), 429);
  assert.equal(await from("203.0.113.2"), 200);
});
