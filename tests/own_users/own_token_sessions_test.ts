import assert from "node:assert/strict";
import type { JWTPayload } from "jose";
import type { OwnIssuer } from "../support/own_issuer.ts";
import { ownTokenTests } from "../support/own_token_tests.ts";
import type { RunningApp } from "../support/running_app.ts";
import { WsClient } from "../support/ws_client.ts";

/** Sessions of a customer's tokens are limited, used and ended like those of a sign-in here. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A server, and one person's tokens for it, good for a day. */
class World {
  constructor(readonly app: RunningApp, private readonly issuer: OwnIssuer) {}

  token(sid: unknown, claims: JWTPayload = {}): Promise<string> {
    const now = this.app.clock.now();
    const exp = Math.floor(now / 1000) + 86_400;
    return this.issuer.token("ann", now, { sid, exp, ...claims });
  }

  client(token: string) {
    return this.app.client().as(token);
  }

  async profile(token: string): Promise<number> {
    return (await this.client(token).get("/api/users/profile")).status;
  }

  /** The code with which a change that asks a recent proof of identity is refused, if it is. */
  async stepUp(token: string): Promise<string | undefined> {
    return (await this.client(token).put("/api/auth/password", { newPassword: "long enough" }))
      .body?.code;
  }
}

const ownTokenTest = ownTokenTests();

function test(
  name: string,
  run: (world: World) => Promise<void>,
  environment: Record<string, string> = {},
): void {
  ownTokenTest(name, (app, issuer) => run(new World(app, issuer)), environment);
}

test("the use of a token's session is recorded to the minute, with its address", async (world) => {
  const token = await world.token("phone");
  const use = async (address: string) => {
    const headers = { "x-forwarded-for": address };
    await world.client(token).get("/api/users/profile", { headers });
    const { body } = await world.client(token).get("/api/sessions", { headers });
    const [{ lastUsedAt, address: last }] = body.items;
    return [lastUsedAt, last];
  };
  const first = await use("203.0.113.7");
  assert.equal(first[1], "203.0.113.7");
  world.app.clock.ahead += 50_000;
  assert.deepEqual(await use("203.0.113.8"), first);
  world.app.clock.ahead += 11_000;
  const [usedAt, address] = await use("203.0.113.9");
  assert.ok(usedAt > first[0]);
  assert.equal(address, "203.0.113.9");
}, { TRUSTED_PROXY: "x-forwarded-for:1" });

test(
  "a session above the limit ends the least recently used one, and its sockets",
  async (world) => {
    const { clock, webSocketUrl } = world.app;
    const [first, second, third] = await Promise.all(
      ["1", "2", "3"].map((sid) => world.token(sid)),
    );
    assert.equal(await world.profile(first), 200);
    clock.ahead += MINUTE;
    const { client } = await WsClient.connect(webSocketUrl, second);
    clock.ahead += MINUTE;
    assert.equal(await world.profile(first), 200);
    clock.ahead += MINUTE;
    assert.equal(await world.profile(third), 200);
    assert.equal((await client.closed).code, 4001);
    const statuses = await Promise.all([first, second, third].map((each) => world.profile(each)));
    assert.deepEqual(statuses, [200, 401, 200]);
  },
  { LIMIT_SESSIONS_PER_USER: "2" },
);

test("a token proves identity when it says so or was issued, and never later than now", async (world) => {
  const now = Math.floor(world.app.clock.now() / 1000);
  const stale = now - 3_600;
  const needed = "reauthentication_required";
  const expected: [JWTPayload, string | undefined][] = [
    [{}, undefined],
    [{ iat: stale }, needed],
    [{ auth_time: stale }, needed],
    [{ iat: stale, auth_time: now }, undefined],
  ];
  for (const [i, [claims, code]] of expected.entries()) {
    const token = await world.token(`${i}`, claims);
    assert.equal(await world.stepUp(token), code, JSON.stringify(claims));
  }
  const token = await world.token("ahead", { auth_time: now + 7_200 });
  assert.equal(await world.stepUp(token), undefined);
  world.app.clock.ahead += HOUR;
  assert.equal(await world.stepUp(token), needed);
});

test("a later token of a session proves identity again only when it says so", async (world) => {
  const needed = "reauthentication_required";
  const seconds = () => Math.floor(world.app.clock.now() / 1000);
  const first = await world.token("phone", { auth_time: seconds() });
  assert.equal(await world.stepUp(first), undefined);
  world.app.clock.ahead += HOUR;
  assert.equal(await world.stepUp(first), needed);
  const iat = seconds() - 3_000;
  assert.equal(await world.stepUp(await world.token("phone")), needed, "issued later");
  const future = await world.token("phone", { iat, auth_time: seconds() });
  assert.equal(await world.stepUp(future), needed, "a time after it was issued");
  const proved = await world.token("phone", { auth_time: seconds() });
  assert.equal(await world.stepUp(proved), undefined);
  assert.equal(await world.stepUp(first), needed, "the token from before");
});

test("a session that has reached its lifetime takes tokens from after it only", async (world) => {
  const before = await world.token("phone");
  assert.equal(await world.profile(before), 200);
  world.app.clock.ahead += 2 * HOUR;
  assert.equal(await world.profile(before), 401);
  assert.equal(await world.profile(await world.token("phone")), 200);
  assert.equal(await world.profile(before), 401);
}, { SESSION_LIFETIME: "1h" });

test("a session's id of the customer is a text of at most 256 characters", async (world) => {
  for (const sid of [7, null, {}, ["phone"], "x".repeat(257)]) {
    assert.equal(await world.profile(await world.token(sid)), 401, JSON.stringify(sid));
  }
  assert.equal(await world.profile(await world.token("x".repeat(256))), 200);
});
