import assert from "node:assert/strict";
import { ChatClient } from "../../src/client/mod.ts";
import { type AccountWorld, onBothStores, PASSWORD } from "../support/account_world.ts";
import { enableSecondFactor } from "../support/second_factor.ts";
import { RunningApp } from "../support/running_app.ts";

/**
 * Strangers who guess are stopped, and do not lock out the owner on a device that has signed in
 * before.
 */

const test = onBothStores();

const from = (address: string) => ({ "x-forwarded-for": address });

const STRANGER = from("198.51.100.1");

const login = (world: AccountWorld, input: object, headers = STRANGER) =>
  world.send("POST", "/api/auth/login", input, { headers });

/** Guesses sequentially; returns the statuses. */
async function guess(world: AccountWorld, identifier: string, count: number, headers = STRANGER) {
  const statuses: number[] = [];
  for (let i = 0; i < count; i++) {
    const input = { identifier, password: `wrong ${i}` };
    statuses.push((await login(world, input, headers)).status);
  }
  return statuses;
}

const times = (count: number, status: number) => Array.from({ length: count }, () => status);

test(
  "an owner on a known device can sign in while the account is attacked from everywhere",
  async (world) => {
    await world.register("ann");
    const { body } = await login(world, { identifier: "ann", password: PASSWORD });
    const { deviceToken } = body;
    assert.deepEqual(await guess(world, "ann", 11), [...times(10, 401), 429]);
    const right = { identifier: "ann", password: PASSWORD };
    assert.equal((await login(world, right)).status, 429, "a new device waits");
    assert.equal((await login(world, { ...right, deviceToken })).status, 200);
    const byAddress = { ...right, identifier: "ann@example.org", deviceToken };
    assert.equal((await login(world, byAddress)).status, 200);
    // Behind a proxy that is not configured every client has one address; all of these do too.
    assert.equal(
      (await guess(world, "ann", 1))[0],
      429,
      "and gives the stranger no further attempt",
    );
  },
  { TRUSTED_PROXY: "" },
);

test("a device token works for one account, and no other token works instead", async (world) => {
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  const bobs = (await login(world, { identifier: "bob", password: PASSWORD })).body.deviceToken;
  const anns = (await login(world, { identifier: "ann", password: PASSWORD })).body.deviceToken;
  assert.deepEqual(await guess(world, "ann", 10), times(10, 401));
  const altered = `${anns.slice(0, -4)}AAAA`;
  for (const deviceToken of [bobs, altered, ann.token, ann.refreshToken, bob.token, "x"]) {
    const input = { identifier: "ann", password: PASSWORD, deviceToken };
    assert.equal((await login(world, input)).status, 429);
  }
  for (const token of [anns, bobs]) {
    const asAccess = await world.send("GET", "/api/users/profile", undefined, { token });
    assert.equal(asAccess.status, 401, "it opens nothing");
    const asRefresh = await world.send("POST", "/api/auth/refresh-token", { refreshToken: token });
    assert.equal(asRefresh.status, 401);
  }
});

test("a known device has a limit too, and locks out only itself", async (world) => {
  await world.register("ann");
  const right = { identifier: "ann", password: PASSWORD };
  const first = (await login(world, right)).body.deviceToken;
  const second = (await login(world, right)).body.deviceToken;
  const statuses: number[] = [];
  for (let i = 0; i < 11; i++) {
    const input = { identifier: "ann", password: `wrong ${i}`, deviceToken: first };
    statuses.push((await login(world, input, from(`203.0.113.${i}`))).status);
  }
  assert.deepEqual(statuses, [...times(10, 401), 429]);
  assert.equal((await login(world, { ...right, deviceToken: first })).status, 429);
  assert.equal((await login(world, { ...right, deviceToken: second })).status, 200);
  world.ahead += 16 * 60_000;
  assert.equal((await login(world, { ...right, deviceToken: first })).status, 200, "it passes");
});

test("guessed codes by an attacker who knows the password do not lock out a known device", async (world) => {
  const ann = await world.register("ann");
  const right = { identifier: "ann", password: PASSWORD };
  const { deviceToken } = (await login(world, right)).body;
  const { recoveryCodes } = await enableSecondFactor(world, ann);
  const tryCode = async (input: object, code: string) => {
    const { challenge } = (await login(world, input)).body;
    const body = { challenge, code };
    return (await world.send("POST", "/api/auth/2fa/verify", body, { headers: STRANGER })).status;
  };
  for (let i = 0; i < 10; i++) assert.equal(await tryCode(right, `00000${i}`), 401);
  assert.equal(await tryCode(right, recoveryCodes[0]), 429);
  assert.equal(await tryCode({ ...right, deviceToken }, recoveryCodes[0]), 200);
});

test("name, address and reauthentication share one budget", async (world) => {
  const ann = await world.register("ann");
  await guess(world, "ann", 4);
  await guess(world, "ann@example.org", 3);
  for (let i = 0; i < 3; i++) {
    const options = { token: ann.token, headers: STRANGER };
    const proof = { password: `wrong ${i}` };
    assert.equal(
      (await world.send("POST", "/api/auth/reauthenticate", proof, options)).status,
      401,
    );
  }
  // Refused like a wrong password: revealing the shared budget would reveal that both names are one
  // account's.
  for (const identifier of ["ann", "ann@example.org"]) {
    const { status, body } = await login(world, { identifier, password: PASSWORD });
    assert.deepEqual([status, body.code], [401, "unauthenticated"], identifier);
  }
  const elsewhere = from("203.0.113.9");
  assert.equal(
    (await login(world, { identifier: "ann", password: PASSWORD }, elsewhere)).status,
    200,
  );
});

Deno.test("the client library sends the token of its device", async () => {
  await using app = await RunningApp.start();
  const client = new ChatClient({ url: app.url });
  const account = { username: "ann", email: "ann@example.org", password: PASSWORD };
  await client.register(account);
  await client.signOut();
  for (let i = 0; i < 10; i++) {
    const input = { identifier: "ann", password: `wrong ${i}` };
    assert.equal((await app.client().post("/api/auth/login", input)).status, 401);
  }
  const right = { identifier: "ann", password: PASSWORD };
  assert.equal((await app.client().post("/api/auth/login", right)).status, 429);
  const signedIn = await client.signIn(right);
  assert.ok("user" in signedIn);
  await client.close();
});
