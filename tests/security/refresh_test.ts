import assert from "node:assert/strict";
import { type Account, type AccountWorld, onBothStores } from "../support/account_world.ts";

/** A refresh whose response was lost does not end the session; a copied token still does. */

const test = onBothStores();

const refresh = (world: AccountWorld, refreshToken: string) =>
  world.send("POST", "/api/auth/refresh-token", { refreshToken });

const profile = async (world: AccountWorld, token: string) =>
  (await world.send("GET", "/api/users/profile", undefined, { token })).status;

/** Exchanges the account's refresh token for a pair. */
async function exchange(world: AccountWorld, { refreshToken }: Account) {
  const { status, body } = await refresh(world, refreshToken);
  assert.equal(status, 200, JSON.stringify(body));
  return body as { accessToken: string; refreshToken: string; expiresIn: number };
}

test("a repeat within 30 s returns the first pair, and the session continues", async (world) => {
  const ann = await world.register("ann");
  const first = await exchange(world, ann);
  world.ahead += 15_000;
  const again = await exchange(world, ann);
  assert.equal(again.accessToken, first.accessToken);
  assert.equal(again.refreshToken, first.refreshToken);
  assert.ok(again.expiresIn < first.expiresIn, "issued at one time");
  assert.equal(await profile(world, again.accessToken), 200);
  assert.equal((await refresh(world, again.refreshToken)).status, 200);
});

test("a repeat after 30 s ends the session", async (world) => {
  const ann = await world.register("ann");
  const { accessToken, refreshToken } = await exchange(world, ann);
  world.ahead += 30_100;
  assert.equal((await refresh(world, ann.refreshToken)).status, 401);
  assert.equal(await profile(world, accessToken), 401);
  assert.equal((await refresh(world, refreshToken)).status, 401);
});

test("reusing a token ends the session once its successor was exchanged", async (world) => {
  const ann = await world.register("ann");
  const { refreshToken } = await exchange(world, ann);
  const { body } = await refresh(world, refreshToken);
  assert.equal((await refresh(world, ann.refreshToken)).status, 401, "two before");
  assert.equal(await profile(world, body.accessToken), 401);
});

test("a repeat fails once the session has ended or the account is suspended", async (world) => {
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  const { accessToken: token } = await exchange(world, ann);
  await world.send("POST", "/api/auth/logout", {}, { token });
  assert.equal((await refresh(world, ann.refreshToken)).status, 401);
  await exchange(world, bob);
  const store = await world.openStore();
  const [{ id }] = await store.sessions.activeOf(bob.id, world.now());
  await store.sessions.end(id, world.now(), "suspended");
  await store.close();
  assert.equal((await refresh(world, bob.refreshToken)).status, 401);
});

test("stored values reveal no token, and an export shows no hash of one", async (world) => {
  const ann = await world.register("ann");
  const { refreshToken, accessToken: token } = await exchange(world, ann);
  const store = await world.openStore();
  const [session] = await store.sessions.ofUser(ann.id, { before: null, limit: 10 });
  await store.close();
  const jti = (jwt: string) => JSON.parse(atob(jwt.split(".")[1].replace(/[-_]/g, "+"))).jti;
  for (const secret of [jti(refreshToken), jti(ann.refreshToken), refreshToken]) {
    assert.ok(!JSON.stringify(session).includes(secret));
  }
  const exported = await world.send("GET", "/api/users/export", undefined, { token });
  const text = JSON.stringify(exported.body);
  assert.ok(!text.includes(session.refreshHash) && !text.includes(session.previousHash!));
});

test("a session ends with its lifetime, however often it is refreshed", async (world) => {
  const ann = await world.register("ann");
  world.ahead += 50 * 60_000;
  const late = await exchange(world, ann);
  assert.ok(late.expiresIn <= 10 * 60, `${late.expiresIn} s are left of the lifetime`);
  world.ahead += 10 * 60_000;
  assert.equal(await profile(world, late.accessToken), 401);
  assert.equal((await refresh(world, late.refreshToken)).status, 401);
  assert.equal((await world.login("ann")).status, 200);
}, { SESSION_LIFETIME: "1h", JWT_REFRESH_EXPIRY: "7d" });

const ROTATED = {
  JWT_SECRET: "another-access-secret-of-the-tests-long-enough",
  JWT_REFRESH_SECRET: "another-refresh-secret-of-the-tests-long-enough",
};

test("a rotation of secrets signs no user out", async (world) => {
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  await exchange(world, bob);
  const { accessSecret, refreshSecret } = world.config.tokens;
  const previous = {
    JWT_SECRET_PREVIOUS: accessSecret,
    JWT_REFRESH_SECRET_PREVIOUS: refreshSecret,
  };
  await world.restart({ ...ROTATED, ...previous });
  assert.equal(await profile(world, ann.token), 200);
  const pair = await exchange(world, ann);
  assert.equal(await profile(world, pair.accessToken), 200);
  const repeated = await exchange(world, bob);
  assert.equal(
    (await refresh(world, repeated.refreshToken)).status,
    200,
    "a repeat across a restart",
  );
  await world.restart(ROTATED);
  assert.equal(await profile(world, ann.token), 401, "the previous secret is no longer accepted");
  assert.equal(await profile(world, pair.accessToken), 200);
  assert.equal((await refresh(world, pair.refreshToken)).status, 200);
  await world.restart({ ...ROTATED, ...previous });
  world.ahead += world.config.tokens.accessTtlMs + 1_000;
  for (const token of [ann.token, pair.accessToken]) {
    const { body } = await world.send("GET", "/api/users/profile", undefined, { token });
    assert.equal(body.code, "token_expired", "whichever secret has signed it");
  }
});
