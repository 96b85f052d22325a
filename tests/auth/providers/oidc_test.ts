import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { AccountWorld } from "../../support/account_world.ts";
import {
  appleSecret,
  environmentOf,
  OIDC_CLIENT_ID,
  OidcServer,
  type OidcServerOptions,
} from "../../support/oidc_server.ts";
import { testedStores } from "../../support/tested_stores.ts";

const ANN = { sub: "a|1", email: "ann@example.org", email_verified: true, name: "Ann Lee" };
const redirectUri = "https://app.example.org/callback";

type Run = (world: AccountWorld, acme: OidcServer) => Promise<void>;

function test(title: string, run: Run, options: OidcServerOptions = {}): void {
  for (const { name, ignore, environment } of testedStores()) {
    Deno.test(`${title} (${name})`, { ignore }, async () => {
      await using acme = await OidcServer.start(options);
      await using world = await AccountWorld.open({ ...acme.env("acme"), ...environment() });
      await run(world, acme);
    });
  }
}

const withAcme = (world: AccountWorld, body: unknown, token?: string) =>
  world.send("POST", "/api/auth/oidc/acme", body, { token });

const start = async (world: AccountWorld, provider = "acme", token?: string) => {
  const input = { provider, redirectUri };
  const { status, body } = await world.send("POST", "/api/auth/oauth/start", input, { token });
  assert.equal(status, 200, JSON.stringify(body));
  return body as { url: string; state: string };
};

test(
  "a configured provider signs up and in by the server's state, nonce and PKCE",
  async (world, acme) => {
    const { url, state } = await start(world);
    assert.equal(new URL(url).searchParams.get("scope"), "openid email profile");
    const back = await acme.authorize(url, ANN);
    assert.equal(back.state, state);
    const up = await withAcme(world, back);
    assert.equal(up.status, 200, JSON.stringify(up.body));
    const { user } = up.body;
    assert.deepEqual([user.displayName, user.email, user.hasPassword], [
      "Ann Lee",
      ANN.email,
      false,
    ]);
    assert.notEqual(user.emailVerifiedAt, null);
    const moved = { ...ANN, email: "moved@example.org" };
    const again = await withAcme(world, await acme.authorize((await start(world)).url, moved));
    assert.equal(again.body.user.id, user.id);
    assert.equal((await withAcme(world, back)).status, 401, "the state works once");
  },
);

test(
  "a code with the client's own PKCE verifier, and an ID token, sign in alike",
  async (world, acme) => {
    const codeVerifier = "v".repeat(64);
    const authorize = () =>
      acme.authorize(
        `${acme.issuer}/authorize?${new URLSearchParams({
          tenant: "1",
          response_type: "code",
          client_id: OIDC_CLIENT_ID,
          redirect_uri: redirectUri,
          scope: "openid",
          state: "mine",
          nonce: "n-1",
          code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
          code_challenge_method: "S256",
        })}`,
        ANN,
      );
    const { code } = await authorize();
    const byCode = await withAcme(world, { code, codeVerifier, redirectUri, nonce: "n-1" });
    assert.equal(byCode.status, 200, JSON.stringify(byCode.body));
    const byToken = await withAcme(world, { idToken: await acme.idToken(ANN) });
    assert.equal(byToken.body.user.id, byCode.body.user.id);
    const other = { code: (await authorize()).code, codeVerifier: "w".repeat(64), redirectUri };
    assert.equal((await withAcme(world, other)).status, 401, "another verifier");
    const nonce = { code: (await authorize()).code, codeVerifier, redirectUri, nonce: "n-2" };
    assert.equal((await withAcme(world, nonce)).status, 401, "another nonce");
  },
);

test(
  "a provider is linked, listed, proves identity, and is unlinked unless it is the last way in",
  async (world, acme) => {
    const ann = await world.register("ann");
    const idToken = await acme.idToken(ANN);
    assert.equal((await withAcme(world, { idToken })).status, 409, "never joined by an address");
    const link = { ...await acme.authorize((await start(world, "acme", ann.token)).url, ANN) };
    const linked = await world.send("POST", "/api/auth/identities/acme", link, ann);
    assert.equal(linked.status, 204, JSON.stringify(linked.body));
    const listed = await world.send("GET", "/api/auth/identities", undefined, ann);
    assert.deepEqual(listed.body.items.map((one: { provider: string }) => one.provider), ["acme"]);
    assert.equal((await withAcme(world, { idToken })).body.user.id, ann.id);
    const proof = { provider: "acme", idToken };
    assert.equal((await world.send("POST", "/api/auth/reauthenticate", proof, ann)).status, 200);
    const unlink = (token: string) =>
      world.send("DELETE", "/api/auth/identities/acme", undefined, { token });
    assert.equal((await unlink(ann.token)).status, 204);
    assert.equal((await unlink(ann.token)).status, 404);
    const gus = { sub: "g", email: "gus@example.org" };
    const only = await withAcme(world, { idToken: await acme.idToken(gus) });
    assert.equal((await unlink(only.body.accessToken)).status, 409);
  },
);

test(
  "an address and a name that the ID token lacks are read from the userinfo endpoint, of the same subject only",
  async (world, acme) => {
    const up = await withAcme(world, await acme.authorize((await start(world)).url, ANN));
    assert.deepEqual([up.body.user.email, up.body.user.displayName], [ANN.email, "Ann Lee"]);
    acme.instead.set("/userinfo", () => Response.json({ ...ANN, email: "b@example.org" }));
    const bob = { sub: "b" };
    const refused = await withAcme(world, await acme.authorize((await start(world)).url, bob));
    assert.deepEqual([refused.status, refused.body.errors?.[0].path], [400, "email"]);
  },
  { thin: true },
);

for (const algorithm of ["PS384", "ES256", "ES512", "EdDSA"]) {
  Deno.test(`ID tokens signed with ${algorithm} are accepted`, async () => {
    await using acme = await OidcServer.start({ algorithm });
    await using world = await AccountWorld.open(acme.env("acme"));
    const { status, body } = await withAcme(world, { idToken: await acme.idToken(ANN) });
    assert.equal(status, 200, JSON.stringify(body));
  });
}

Deno.test("new keys of a provider are fetched when a token names one, and its clock may differ by 30 s", async () => {
  await using acme = await OidcServer.start();
  await using world = await AccountWorld.open(acme.env("acme"));
  const signIn = async (claims = {}) =>
    (await withAcme(world, { idToken: await acme.idToken(ANN, claims) })).status;
  assert.equal(await signIn(), 200);
  const now = Math.floor(Date.now() / 1000);
  assert.equal(await signIn({ exp: now - 20 }), 200);
  assert.equal(await signIn({ exp: now - 40 }), 401);
  assert.equal(await signIn({ nbf: now + 20 }), 200);
  assert.equal(await signIn({ nbf: now + 60 }), 401);
  const fetched = () => acme.requested.filter((path) => path === "/keys").length;
  assert.equal(fetched(), 1, "cached");
  await acme.rotateKeys();
  // A token of an unknown key fetches them again, but not for every such token.
  assert.equal(await signIn(), 401);
  assert.equal(fetched(), 1);
  using _later = later(31_000);
  assert.equal(await signIn(), 200);
  assert.equal(fetched(), 2);
});

/** Moves the clock of this process, which the keys' cache reads. */
function later(ms: number): Disposable {
  const { now } = Date;
  Date.now = () => now() + ms;
  return { [Symbol.dispose]: () => Date.now = now };
}

Deno.test("the configured providers are listed with their names, in order", async () => {
  await using acme = await OidcServer.start();
  const env = { ...acme.env("acme"), OIDC_ACME_NAME: "Acme & Söhne", GOOGLE_CLIENT_ID: "x" };
  await using world = await AccountWorld.open(env);
  const { body } = await world.send("GET", "/api/auth/providers");
  assert.deepEqual(body.items, [
    { provider: "google", name: "Google" },
    { provider: "acme", name: "Acme & Söhne" },
  ]);
  assert.equal((await world.send("POST", "/api/auth/oidc/other", { idToken: "x" })).status, 404);
});

Deno.test("Apple signs up with a secret made from its key, a relay address, and the name from its form", async () => {
  const secret = await appleSecret();
  await using apple = await OidcServer.start({ secretKey: secret.key });
  const env = { ...apple.env("apple"), ...secret.env };
  await using acme = await OidcServer.start();
  await using world = await AccountWorld.open(environmentOf(env, acme.env("acme")));
  const { url } = await start(world, "apple");
  const query = new URL(url).searchParams;
  assert.equal(query.get("response_mode"), "form_post");
  assert.equal(query.get("scope"), "openid email name");
  const email = "x1y2z3@privaterelay.appleid.com";
  const person = { sub: "001.a", email, email_verified: "true", name: "Ann Lee" };
  const form = await apple.authorize(url, person);
  // The form comes to the page's address, and the page reads it from its own.
  const posted = await world.fetch(
    new Request("https://chat.example.org/", {
      method: "POST",
      headers: { origin: apple.issuer },
      body: new URLSearchParams(form),
    }),
  );
  assert.equal(posted.status, 303);
  const back = new URL(posted.headers.get("location")!, "https://chat.example.org");
  assert.equal(back.origin + back.pathname, "https://chat.example.org/");
  const { code, state, name: displayName } = Object.fromEntries(back.searchParams);
  assert.equal(displayName, "Ann Lee");
  const up = await world.send("POST", "/api/auth/oidc/apple", { code, state, displayName });
  assert.equal(up.status, 200, JSON.stringify(up.body));
  const { user } = up.body;
  assert.deepEqual([user.email, user.displayName, user.username], [email, "Ann Lee", "ann.lee"]);
  assert.notEqual(user.emailVerifiedAt, null, 'Apple says "true", in a string');
  // The app of the telephone gets an ID token.
  const again = { idToken: await apple.idToken({ sub: "001.a" }, { nonce: "n" }), nonce: "n" };
  assert.equal((await world.send("POST", "/api/auth/oidc/apple", again)).body.user.id, user.id);
});
