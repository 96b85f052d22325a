import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { AccountWorld } from "../support/account_world.ts";
import { FACEBOOK_APP_ID, FacebookServer } from "../support/facebook_server.ts";

const ANN = { id: "fb-1001", name: "Ann Lee", email: "ann@example.org" };
const redirectUri = "https://app.example.org/callback";
const codeVerifier = "v".repeat(64);

type Run = (world: AccountWorld, facebook: FacebookServer) => Promise<void>;

function test(name: string, run: Run): void {
  Deno.test(name, async () => {
    await using facebook = await FacebookServer.start();
    await using world = await AccountWorld.open(facebook.env);
    await run(world, facebook);
  });
}

const withFacebook = (world: AccountWorld, body: unknown) =>
  world.send("POST", "/api/auth/facebook", body);

const dialog = (query: Record<string, string> = {}) =>
  `https://www.facebook.com/dialog/oauth?${new URLSearchParams({
    client_id: FACEBOOK_APP_ID,
    redirect_uri: redirectUri,
    code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
    code_challenge_method: "S256",
    ...query,
  })}`;

test("a code and a Limited Login token sign the same person in", async (world, facebook) => {
  const { code } = facebook.authorize(dialog(), ANN);
  const up = await withFacebook(world, { code, codeVerifier, redirectUri });
  assert.equal(up.status, 200, JSON.stringify(up.body));
  assert.equal(up.body.user.displayName, "Ann Lee");
  assert.equal(up.body.user.emailVerifiedAt, null, "Facebook does not say that it is confirmed");
  assert.ok(await world.mail(ANN.email, /Confirm/));
  const idToken = await facebook.idToken(ANN, { nonce: "n-1" });
  const again = await withFacebook(world, { idToken, nonce: "n-1" });
  assert.equal(again.body.user.id, up.body.user.id);
  assert.equal((await withFacebook(world, { idToken, nonce: "n-2" })).status, 401);
  const replay = await withFacebook(world, { code, codeVerifier, redirectUri });
  assert.equal(replay.status, 401, "a code works once");
});

test(
  "a wrong verifier or redirect URI, and a token of another app, are refused",
  async (world, facebook) => {
    const exchange = (body: Record<string, string>) => {
      const { code } = facebook.authorize(dialog(), ANN);
      return withFacebook(world, { code, codeVerifier, redirectUri, ...body });
    };
    assert.equal((await exchange({ codeVerifier: "w".repeat(64) })).status, 401);
    assert.equal((await exchange({ redirectUri: "https://evil.example.org/" })).status, 401);
    facebook.tokenAppId = "another app";
    assert.equal((await exchange({})).status, 401);
    const idToken = await facebook.idToken(ANN, { aud: "another app" });
    assert.equal((await withFacebook(world, { idToken })).status, 401);
    const foreign = await facebook.idToken(ANN, { iss: "https://www.facebook.com.evil.example" });
    assert.equal((await withFacebook(world, { idToken: foreign })).status, 401);
  },
);

test(
  "the server's own state carries the verifier, and fits no other provider",
  async (world, facebook) => {
    const start = { provider: "facebook", redirectUri };
    const { body } = await world.send("POST", "/api/auth/oauth/start", start);
    assert.match(body.url, /code_challenge_method=S256/);
    const { code } = facebook.authorize(body.url, ANN);
    const wrong = await world.send("POST", "/api/auth/google", { code, state: body.state });
    assert.equal(wrong.status, 404, "Google is not configured here");
    const done = await withFacebook(world, { code, state: body.state });
    assert.equal(done.status, 200, JSON.stringify(done.body));
  },
);

test(
  "without an address from Facebook, one has to be said, and it counts as unconfirmed",
  async (world, facebook) => {
    const nameless = { id: "fb-2", name: "Без почты" };
    const refused = await withFacebook(world, { idToken: await facebook.idToken(nameless) });
    assert.deepEqual([refused.status, refused.body.errors[0].path], [400, "email"]);
    const idToken = await facebook.idToken(nameless);
    const input = { idToken, email: "said@example.org", username: "chosen" };
    const up = await withFacebook(world, input);
    assert.equal(up.status, 200, JSON.stringify(up.body));
    const { username, emailVerifiedAt } = up.body.user;
    assert.deepEqual([username, emailVerifiedAt], ["chosen", null]);
  },
);

test("an unconfirmed address takes no account over", async (world, facebook) => {
  await world.register("ann");
  const refused = await withFacebook(world, { idToken: await facebook.idToken(ANN) });
  assert.equal(refused.status, 409);
});
