import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { AccountWorld } from "../../support/account_world.ts";
import { FACEBOOK_APP_ID, FacebookServer } from "../../support/facebook_server.ts";
import { testedStores } from "../../support/tested_stores.ts";

const ANN = { id: "fb-1001", name: "Ann Lee", email: "ann@example.org" };
const redirectUri = "https://app.example.org/callback";
const codeVerifier = "v".repeat(64);

type Run = (world: AccountWorld, facebook: FacebookServer) => Promise<void>;

const stores = testedStores();

function test(title: string, run: Run): void {
  for (const { name, ignore, environment } of stores) {
    Deno.test(`${title} (${name})`, { ignore }, async () => {
      await using facebook = await FacebookServer.start();
      await using world = await AccountWorld.open({ ...facebook.env, ...environment() });
      await run(world, facebook);
    });
  }
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

test("a code and a Limited Login token sign in one and the same user", async (world, facebook) => {
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
  "a wrong verifier or redirect URI, and another app's access token, are refused",
  async (world, facebook) => {
    const exchange = (body: Record<string, string>) => {
      const { code } = facebook.authorize(dialog(), ANN);
      return withFacebook(world, { code, codeVerifier, redirectUri, ...body });
    };
    assert.equal((await exchange({ codeVerifier: "w".repeat(64) })).status, 401);
    assert.equal((await exchange({ redirectUri: "https://evil.example.org/" })).status, 401);
    for (const debugged of [{ app_id: "another app" }, { is_valid: false }, { user_id: "fb-2" }]) {
      facebook.debugged = debugged;
      assert.equal((await exchange({})).status, 401, JSON.stringify(debugged));
    }
    facebook.debugged = {};
    assert.equal((await exchange({})).status, 200);
  },
);

test("the server's state contains the verifier, and works once", async (world, facebook) => {
  const begin = async (token?: string) => {
    const start = { provider: "facebook", redirectUri };
    const { body } = await world.send("POST", "/api/auth/oauth/start", start, { token });
    assert.match(body.url, /code_challenge_method=S256/);
    return body as { url: string; state: string };
  };
  const finish = async ({ url }: { url: string }, state: string, token?: string) => {
    const { code } = facebook.authorize(url, ANN);
    return (await world.send("POST", "/api/auth/facebook", { code, state }, { token })).status;
  };
  const begun = await begin();
  const { code } = facebook.authorize(begun.url, ANN);
  const wrong = await world.send("POST", "/api/auth/google", { code, state: begun.state });
  assert.equal(wrong.status, 404, "Google is not configured here");
  const together = await Promise.all([1, 2, 3].map(() => finish(begun, begun.state)));
  assert.deepEqual(together.sort(), [200, 401, 401]);
  assert.equal(await finish(begun, begun.state), 401, "again");
  const [mine, other] = [await begin(), await begin()];
  assert.equal(await finish(mine, other.state), 401, "the state of another sign-in");
  const mallorys = await begin((await world.register("mallory")).token);
  assert.equal(await finish(mallorys, mallorys.state), 401, "another user's");
  const late = await begin();
  world.ahead += 10 * 60_000 + 1;
  assert.equal(await finish(late, late.state), 401, "too late");
});

test(
  "without an address from Facebook, the request must contain one, which counts as unconfirmed",
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

test("an unconfirmed address cannot take over an account", async (world, facebook) => {
  await world.register("ann");
  const refused = await withFacebook(world, { idToken: await facebook.idToken(ANN) });
  assert.equal(refused.status, 409);
});
