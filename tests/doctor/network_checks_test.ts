import assert from "node:assert/strict";
import type { Config } from "../../src/config.ts";
import { findingsOf } from "../../src/doctor/finding.ts";
import { clockCheck, oauthCheck, proxyCheck, skewByDate } from "../../src/doctor/network_checks.ts";

/** Serves one JSON answer, or a status, by path. */
function served(answers: Record<string, unknown>) {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const answer = answers[new URL(request.url).pathname];
    return answer === undefined ? new Response("", { status: 404 }) : Response.json(answer);
  });
}

async function textsOf(check: Parameters<typeof findingsOf>[0]): Promise<string[]> {
  return (await findingsOf(check)).map(({ verdict, text }) => `${verdict}: ${text}`);
}

Deno.test("doctor: a clock is compared in both directions, and one that cannot be read is left out", async () => {
  const texts = await textsOf(clockCheck({
    one: () => Promise.resolve(5_001),
    two: () => Promise.resolve(-5_001),
    three: () => Promise.resolve(-5_000),
    four: () => Promise.reject(new Error("unreachable")),
  }));
  assert.deepEqual(texts, [
    "fault: this host is 5.0 s behind one: set its clock by NTP",
    "fault: this host is 5.0 s ahead of two: set its clock by NTP",
    "fine: this host agrees with three within 5.0 s",
  ]);
});

Deno.test("doctor: a Date is compared with the middle of the request, and must be there", async () => {
  const date = new Date(1_000_000).toUTCString();
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => new Response("", { headers: { date: request.url.endsWith("/") ? date : "now" } }),
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const times = [994_000, 998_000];
  assert.equal(await skewByDate(url, () => times.shift()!), 4_500);
  await assert.rejects(skewByDate(`${url}none`), /sends no Date/);
});

Deno.test("doctor: an OpenID provider is at fault without keys, or under another issuer's name", async () => {
  const answers: Record<string, unknown> = { "/none": { keys: [] } };
  await using server = served(answers);
  const url = `http://127.0.0.1:${server.addr.port}`;
  const texts = async (configuration: unknown, issuer?: string) => {
    answers["/c"] = configuration;
    return (await textsOf(oauthCheck("P", "see", `${url}/c`, undefined, issuer))).join();
  };
  answers["/keys"] = { keys: [{}, {}] };
  const jwks_uri = `${url}/keys`;
  assert.match(await texts({ jwks_uri }), /^fine: its 2 keys/);
  for (const issuer of [url, `${url}/`]) {
    assert.match(await texts({ jwks_uri, issuer }, url), /^fine: /);
  }
  assert.match(await texts({ jwks_uri }, url), /^fault: .*issuer/);
  assert.match(await texts({ jwks_uri: `${url}/none` }), /^fault: .*no keys; see/);
  assert.match(await texts({ jwks_uri: `${url}/gone` }), /^fault: .*404; see/);
});

Deno.test("doctor: a public address is at fault if another program answers there", async () => {
  for (const [status, verdict] of [["ok", "fine"], ["up", "fault"]]) {
    await using server = served({ "/healthz": { status } });
    const [first] = await textsOf(proxyCheck(`http://127.0.0.1:${server.addr.port}`, null));
    assert.match(first, new RegExp(`^${verdict}: `));
  }
});

Deno.test("doctor: an https address without TRUSTED_PROXY is a warning", async () => {
  await using server = served({ "/healthz": { status: "ok" } });
  const http = `http://localhost:${server.addr.port}`;
  const https = http.replace("http", "https");
  const { fetch } = globalThis;
  // The proxy in front, which ends TLS.
  globalThis.fetch = (url, init) => fetch(String(url).replace(https, http), init);
  try {
    const warns = async (url: string, trustedProxy: Config["trustedProxy"]) =>
      (await textsOf(proxyCheck(url, trustedProxy))).some((each) => each.startsWith("warning: "));
    assert.equal(await warns(https, null), true);
    assert.equal(await warns(https, { header: "x-forwarded-for", hops: 1 }), false);
    assert.equal(await warns(http, null), false);
  } finally {
    globalThis.fetch = fetch;
  }
});
