import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { SignJWT } from "jose";
import { AccountWorld } from "../../support/account_world.ts";
import { GOOGLE_CLIENT_ID, GoogleServer } from "../../support/google_server.ts";
import { testedStores } from "../../support/tested_stores.ts";

const stores = testedStores();
let google: GoogleServer;
Deno.test.beforeAll(async () => {
  google = await GoogleServer.start();
});
Deno.test.afterAll(() => google[Symbol.asyncDispose]());

function test(title: string, run: (world: AccountWorld) => Promise<void>): void {
  for (const { name, ignore, environment } of stores) {
    Deno.test(`${title} (${name})`, { ignore }, async () => {
      await using world = await AccountWorld.open({ ...google.env, ...environment() });
      await run(world);
    });
  }
}

const ANN = { sub: "1001", email: "ann@example.org", email_verified: true, name: "Ann Lee" };

const withGoogle = (world: AccountWorld, body: unknown, token?: string) =>
  world.send("POST", "/api/auth/google", body, { token });

test("an ID token signs up, and then in, by its subject and not by the address", async (world) => {
  const up = await withGoogle(world, { idToken: await google.idToken(ANN), deviceName: "Phone" });
  assert.equal(up.status, 200, JSON.stringify(up.body));
  const { user } = up.body;
  assert.deepEqual([user.username, user.displayName, user.hasPassword], [
    "ann.lee",
    "Ann Lee",
    false,
  ]);
  assert.notEqual(user.emailVerifiedAt, null, "Google has confirmed it");
  const moved = await google.idToken({ ...ANN, email: "new@example.org" });
  assert.equal((await withGoogle(world, { idToken: moved })).body.user.id, user.id);
  const other = await google.idToken({ ...ANN, sub: "1002", email: "ann2@example.org" });
  const second = await withGoogle(world, { idToken: other });
  assert.notEqual(second.body.user.id, user.id);
  assert.match(second.body.user.username, /^ann\.lee\d+$/);
});

test("a token for another audience, of another issuer, outside its validity or unsigned is refused", async (world) => {
  const claims = {
    "another audience": { aud: "someone-else" },
    "several audiences, for another party": { aud: [GOOGLE_CLIENT_ID, "x"], azp: "x" },
    "several audiences, without a party": { aud: [GOOGLE_CLIENT_ID, "x"], azp: undefined },
    "another party": { azp: "someone-else" },
    "another issuer": { iss: "https://accounts.example.org" },
    "no subject": { sub: undefined },
    "expired": { exp: Math.floor(Date.now() / 1000) - 60 },
    "not yet valid": { nbf: Math.floor(Date.now() / 1000) + 600 },
  };
  for (const [name, wrong] of Object.entries(claims)) {
    const { status, body } = await withGoogle(world, { idToken: await google.idToken(ANN, wrong) });
    assert.deepEqual([status, body.code], [401, "unauthenticated"], name);
  }
  const good = await google.idToken(ANN);
  const [, payload] = good.split(".");
  const none = `${btoa(JSON.stringify({ alg: "none" })).replace(/=+$/, "")}.${payload}.`;
  // Signed with a public value: the client's id as an HMAC key.
  const hmac = await new SignJWT(
    JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))),
  )
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(GOOGLE_CLIENT_ID.padEnd(32, "x")));
  for (const idToken of [none, hmac, good.slice(0, -8) + "AAAAAAAA", "x", "a.b.c"]) {
    assert.equal((await withGoogle(world, { idToken })).status, 401);
  }
});

test("a given nonce must be the token's nonce", async (world) => {
  const idToken = await google.idToken(ANN, { nonce: "n-1" });
  assert.equal((await withGoogle(world, { idToken, nonce: "n-2" })).status, 401);
  const without = await google.idToken(ANN);
  assert.equal((await withGoogle(world, { idToken: without, nonce: "n-1" })).status, 401);
  assert.equal((await withGoogle(world, { idToken, nonce: "n-1" })).status, 200);
});

const redirectUri = "https://app.example.org/callback";

test("a code is exchanged with the client's own PKCE verifier", async (world) => {
  const codeVerifier = "v".repeat(64);
  const authorize = () =>
    google.authorize(
      google.authorizationUrl({
        response_type: "code",
        client_id: GOOGLE_CLIENT_ID,
        redirect_uri: redirectUri,
        scope: "openid email",
        state: "mine",
        code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
        code_challenge_method: "S256",
      }),
      ANN,
    );
  const { code } = await authorize();
  const done = await withGoogle(world, { code, codeVerifier, redirectUri });
  assert.equal(done.status, 200, JSON.stringify(done.body));
  assert.equal(done.body.user.email, ANN.email);
  const wrong = { code: (await authorize()).code, codeVerifier: "w".repeat(64), redirectUri };
  assert.equal((await withGoogle(world, wrong)).status, 401);
  const incomplete = await withGoogle(world, { code, codeVerifier });
  assert.equal(incomplete.status, 400);
  assert.equal((await withGoogle(world, {})).status, 400);
});

test("state, nonce and verifier kept by the server work once, and for one provider", async (world) => {
  const start = async () =>
    (await world.send("POST", "/api/auth/oauth/start", { provider: "google", redirectUri })).body;
  const begun = await start();
  const back = await google.authorize(begun.url, ANN);
  assert.equal(back.state, begun.state);
  assert.equal((await withGoogle(world, back)).status, 200);
  const replay = await google.authorize(begun.url, ANN);
  assert.equal((await withGoogle(world, replay)).status, 401, "the state was used");
  const fresh = await start();
  const { code } = await google.authorize(fresh.url, ANN);
  assert.equal((await withGoogle(world, { code, state: "made-up" })).status, 401);
  // A token of another sign-in, with another nonce.
  const idToken = await google.idToken(ANN, { nonce: "another" });
  assert.equal((await withGoogle(world, { idToken, state: fresh.state })).status, 401);
  const old = await start();
  const late = await google.authorize(old.url, ANN);
  world.ahead += 10 * 60_000;
  assert.equal((await withGoogle(world, late)).status, 401, "the state has expired");
});

test("an account with the same address is never signed in to; its owner links it", async (world) => {
  const ann = await world.register("ann");
  const idToken = await google.idToken(ANN);
  const refused = await withGoogle(world, { idToken });
  assert.deepEqual([refused.status, refused.body.code], [409, "conflict"]);
  const link = () => world.send("POST", "/api/auth/identities/google", { idToken }, ann);
  assert.equal((await link()).status, 204);
  assert.equal((await link()).status, 204, "linking again changes nothing");
  assert.equal((await withGoogle(world, { idToken })).body.user.id, ann.id);
  const bob = await world.register("bob");
  const taken = await world.send("POST", "/api/auth/identities/google", { idToken }, bob);
  assert.equal(taken.status, 409);
  const listed = await world.send("GET", "/api/auth/identities", undefined, ann);
  assert.deepEqual(listed.body.items.map((one: { email: string }) => one.email), [ANN.email]);
});

test("the last way to sign in cannot be unlinked", async (world) => {
  const up = await withGoogle(world, { idToken: await google.idToken(ANN) });
  const token = up.body.accessToken;
  const unlink = () => world.send("DELETE", "/api/auth/identities/google", undefined, { token });
  assert.equal((await unlink()).status, 409);
  const set = { newPassword: "a new password" };
  assert.equal((await world.send("PUT", "/api/auth/password", set, { token })).status, 204);
  assert.equal((await unlink()).status, 204);
  assert.equal((await unlink()).status, 404);
  assert.equal((await world.login(ANN.email, "a new password")).status, 200);
});

test("an attacker who opened an account with another person's address in advance loses all access", async (world) => {
  const squatter = await world.register("ann");
  const own = await google.idToken({ sub: "666", email: "evil@example.org", email_verified: true });
  await world.send("POST", "/api/auth/identities/google", { idToken: own }, squatter);
  assert.equal((await withGoogle(world, { idToken: await google.idToken(ANN) })).status, 409);
  await world.send("POST", "/api/auth/password/forgot", { email: ANN.email });
  const token = await world.linkToken(ANN.email, /new password/);
  const reset = { token, password: "the owner's password" };
  assert.equal((await world.send("POST", "/api/auth/password/reset", reset)).status, 204);
  assert.equal((await world.send("GET", "/api/users/profile", undefined, squatter)).status, 401);
  const back = await withGoogle(world, { idToken: own });
  assert.equal(back.status, 200, JSON.stringify(back.body));
  assert.notEqual(back.body.user.id, squatter.id, "the squatter's provider link is removed");
  const owner = await world.login(ANN.email, "the owner's password");
  assert.equal(owner.status, 200);
});

test("a recent ID token of the linked account proves identity; an old or another one does not", async (world) => {
  const up = await withGoogle(world, { idToken: await google.idToken(ANN) });
  const token = up.body.accessToken;
  const prove = (idToken: string) =>
    world.send("POST", "/api/auth/reauthenticate", { provider: "google", idToken }, { token });
  assert.equal((await prove(await google.idToken(ANN))).status, 200);
  const iat = Math.floor(Date.now() / 1000) - 600;
  assert.equal((await prove(await google.idToken(ANN, { iat }))).status, 401);
  const other = { ...ANN, sub: "9" };
  assert.equal((await prove(await google.idToken(other))).status, 401);
});

Deno.test("an unconfigured provider is not found, and an unreachable one is unavailable", async () => {
  await using none = await AccountWorld.open();
  const idToken = await google.idToken(ANN);
  assert.equal((await withGoogle(none, { idToken })).status, 404);
  await using away = await AccountWorld.open({
    ...google.env,
    GOOGLE_ISSUER: "http://127.0.0.1:9",
  });
  assert.equal((await withGoogle(away, { idToken })).status, 503);
});
