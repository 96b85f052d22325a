import assert from "node:assert/strict";
import { OidcIssuer } from "../../src/auth/providers/oidc_issuer.ts";
import type { ProviderHttp } from "../../src/auth/providers/http.ts";
import { systemClock } from "../../src/core/clock.ts";
import { AccountWorld } from "../support/account_world.ts";
import { environmentOf, OidcServer, type OidcServerOptions } from "../support/oidc_server.ts";
import { testedStores } from "../support/tested_stores.ts";

/** Providers of the operator's choice: attacks by one on another, and by what they publish. */

const ANN = { sub: "1", email: "ann@example.org", email_verified: true, name: "Ann" };
const redirectUri = "https://app.example.org/callback";

const signIn = (world: AccountWorld, provider: string, body: unknown) =>
  world.send("POST", `/api/auth/oidc/${provider}`, body);

async function begin(world: AccountWorld, provider: string): Promise<string> {
  const input = { provider, redirectUri };
  const { status, body } = await world.send("POST", "/api/auth/oauth/start", input);
  assert.equal(status, 200, JSON.stringify(body));
  return body.url;
}

for (const { name, ignore, environment } of testedStores()) {
  Deno.test(
    `two providers with one subject are two people, and neither speaks for the other (${name})`,
    {
      ignore,
    },
    async () => {
      await using acme = await OidcServer.start();
      await using evil = await OidcServer.start();
      const env = environmentOf(acme.env("acme"), evil.env("evil"));
      await using world = await AccountWorld.open({ ...env, ...environment() });
      const ann = await signIn(world, "acme", { idToken: await acme.idToken(ANN) });
      assert.equal(ann.status, 200, JSON.stringify(ann.body));
      const same = { ...ANN, email: "other@example.org" };
      const other = await signIn(world, "evil", { idToken: await evil.idToken(same) });
      assert.equal(other.status, 200);
      assert.notEqual(other.body.user.id, ann.body.user.id);
      const verified = await signIn(world, "evil", {
        idToken: await evil.idToken({ ...ANN, sub: "2" }),
      });
      assert.equal(verified.status, 409, "an address that another provider has confirmed");
      const forged: Record<string, [string, string]> = {
        "a token of the one at the other": ["acme", await evil.idToken(ANN)],
        "a token in the name of the other": [
          "acme",
          await evil.idToken(ANN, { iss: acme.issuer }),
        ],
        "the other way round": ["evil", await acme.idToken(ANN)],
      };
      for (const [what, [provider, idToken]] of Object.entries(forged)) {
        assert.equal((await signIn(world, provider, { idToken })).status, 401, what);
      }
      const { code, state } = await acme.authorize(await begin(world, "acme"), ANN);
      assert.equal((await signIn(world, "evil", { code, state })).status, 401, "another's state");
      assert.ok(!evil.requested.includes("/token"), "the code is not shown to the other provider");
      const unlinked = await world.send("DELETE", "/api/auth/identities/evil", undefined, {
        token: ann.body.accessToken,
      });
      assert.equal(unlinked.status, 404);
    },
  );
}

function test(
  title: string,
  run: (world: AccountWorld, acme: OidcServer) => Promise<void>,
  options: OidcServerOptions = {},
): void {
  Deno.test(title, async () => {
    await using acme = await OidcServer.start(options);
    await using world = await AccountWorld.open(acme.env("acme"));
    await run(world, acme);
  });
}

test(
  "a code whose response names another issuer, or none where one is announced, is not exchanged",
  async (world, acme) => {
    const attempt = async (change: (back: Record<string, string>) => void) => {
      const back = await acme.authorize(await begin(world, "acme"), ANN);
      change(back);
      return (await signIn(world, "acme", back)).status;
    };
    assert.equal(await attempt((back) => back.iss = "https://honest.example.org"), 401);
    assert.equal(await attempt((back) => delete back.iss), 401);
    assert.ok(!acme.requested.includes("/token"));
    assert.equal(await attempt(() => {}), 200);
  },
  { namesItself: true },
);

test(
  "an ID token for a code must fit its access token, nonce, audience and issuer",
  async (world, acme) => {
    const attempt = async (claims: Record<string, unknown>) => {
      acme.claims = claims;
      const { code, state } = await acme.authorize(await begin(world, "acme"), ANN);
      return (await signIn(world, "acme", { code, state })).status;
    };
    const wrong = [
      { at_hash: "AAAAAAAAAAAAAAAAAAAAAA" },
      { at_hash: 1 },
      { nonce: "another" },
      { nonce: undefined },
      { aud: "another" },
      { azp: "another" },
      { iss: "https://another.example.org" },
    ];
    for (const claims of wrong) assert.equal(await attempt(claims), 401, JSON.stringify(claims));
    assert.equal(await attempt({ at_hash: undefined }), 200, "at_hash is optional there");
  },
);

test(
  "no provider takes over an account by claiming its address",
  async (world, acme) => {
    const ann = await world.register("ann");
    for (const email_verified of [false, "false", undefined, true, "true"]) {
      for (const email of [ann.email, ann.email.toUpperCase()]) {
        const idToken = await acme.idToken({
          sub: "m",
          email,
          email_verified: email_verified as true,
        });
        assert.equal((await signIn(world, "acme", { idToken })).status, 409);
      }
    }
    const chosen = { idToken: await acme.idToken({ sub: "m" }), email: ann.email };
    assert.equal((await signIn(world, "acme", chosen)).status, 409);
    for (const email_verified of [false, "false", "yes", undefined]) {
      const sub = String(email_verified);
      const person = { sub, email: `${sub}@example.org`, email_verified: email_verified as false };
      const { body } = await signIn(world, "acme", { idToken: await acme.idToken(person) });
      assert.equal(body.user.emailVerifiedAt, null, sub);
    }
  },
);

test(
  "a published configuration that is huge, of another issuer or broken is refused, and read again once it is right",
  async (world, acme) => {
    const idToken = await acme.idToken(ANN);
    const wrong: [string, () => Response][] = [
      ["huge", () => new Response(`{"issuer":"${"x".repeat(2 ** 20)}"}`)],
      ["endless", () => new Response(endless())],
      ["no JSON", () => new Response("<html>")],
      ["an error", () => new Response("{}", { status: 404 })],
      ["a redirect", () => Response.redirect(`${acme.issuer}/elsewhere`)],
    ];
    for (const [what, response] of wrong) {
      acme.instead.set("/.well-known/openid-configuration", response);
      const { status, body } = await signIn(world, "acme", { idToken });
      assert.deepEqual([status, body.code], [503, "unavailable"], what);
    }
    acme.instead.clear();
    const configurations = [
      { issuer: "https://accounts.google.com" },
      { jwks_uri: "file:///etc/passwd" },
      { jwks_uri: undefined },
      { token_endpoint: "javascript:alert(1)" },
    ];
    for (const configuration of configurations) {
      acme.configuration = configuration;
      assert.equal(
        (await signIn(world, "acme", { idToken })).status,
        503,
        JSON.stringify(configuration),
      );
    }
    assert.ok(!acme.requested.includes("/elsewhere"), "redirects are not followed");
    acme.configuration = {};
    assert.equal((await signIn(world, "acme", { idToken })).status, 200);
  },
);

test(
  "endless keys and answers of the token endpoint are cut off, and a redirect gets no secret",
  async (world, acme) => {
    acme.instead.set("/keys", () => new Response(endless()));
    assert.equal((await signIn(world, "acme", { idToken: await acme.idToken(ANN) })).status, 503);
    acme.instead.clear();
    for (
      const answer of [new Response(endless()), Response.redirect(`${acme.issuer}/elsewhere`, 307)]
    ) {
      acme.instead.set("/token", () => answer);
      const { code, state } = await acme.authorize(await begin(world, "acme"), ANN);
      assert.equal((await signIn(world, "acme", { code, state })).status, 503);
    }
    assert.ok(!acme.requested.includes("/elsewhere"));
  },
);

Deno.test("an issuer with https may name no endpoint without", async () => {
  const issuer = "https://login.example.org";
  const published = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
  };
  const discover = (change: Record<string, string>) =>
    new OidcIssuer({
      name: "Acme",
      configurationUrl: `${issuer}/.well-known/openid-configuration`,
      issuers: [issuer],
      clientIds: ["client"],
      http: {
        ask: () => Promise.resolve({ ok: true, body: { ...published, ...change } }),
      } as unknown as ProviderHttp,
      clock: systemClock,
    }).discovery();
  await discover({});
  for (const endpoint of ["authorization_endpoint", "token_endpoint", "jwks_uri"]) {
    const plain = { [endpoint]: "http://169.254.169.254/latest" };
    await assert.rejects(discover(plain), /is not an https URL/, endpoint);
  }
});

test("a form that is no provider's leads nowhere else, and a large or foreign one is refused", async (world) => {
  const post = (body: BodyInit, headers: Record<string, string> = {}) =>
    world.fetch(new Request("https://chat.example.org/", { method: "POST", body, headers }));
  const form = {
    code: "//evil.example.org",
    state: "s\r\nx: y",
    redirect: "https://evil.example.org",
  };
  const { status, headers } = await post(new URLSearchParams(form));
  assert.equal(status, 303);
  const location = new URL(headers.get("location")!, "https://chat.example.org");
  assert.deepEqual([location.origin, location.pathname], ["https://chat.example.org", "/"]);
  assert.deepEqual([...location.searchParams.keys()], ["code", "state"]);
  assert.equal((await post(new URLSearchParams({ code: "x".repeat(64 * 1024) }))).status, 413);
  assert.equal((await post("{}", { "content-type": "application/json" })).status, 415);
  const users = [
    "x",
    "[]",
    '{"name":1}',
    '{"name":{"firstName":1}}',
    `{"name":{"lastName":"\\u202e"}}`,
  ];
  for (const user of users) {
    const answer = await post(new URLSearchParams({ state: "s", user }));
    assert.equal(answer.headers.get("location"), "/?state=s", user);
  }
});

/** More than any limit, as fast as it is read. */
function endless(): ReadableStream<Uint8Array> {
  let left = 64;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(64 * 1024).fill(32));
      else controller.close();
    },
  });
}
