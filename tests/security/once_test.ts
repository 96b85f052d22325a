import assert from "node:assert/strict";
import {
  type Account,
  type AccountWorld,
  onBothStores,
  PASSWORD,
} from "../support/account_world.ts";
import type { HttpAnswer } from "../support/http_client.ts";
import { enableSecondFactor } from "../support/second_factor.ts";

/** One-time secrets work once, even under concurrent requests, and for no other purpose. */

const test = onBothStores();

const AT_ONCE = 6;

/** Returns how many of the identical requests, sent together, succeed. */
async function winners(ask: () => Promise<HttpAnswer>, atOnce = AT_ONCE): Promise<number> {
  const answers = await Promise.all(Array.from({ length: atOnce }, ask));
  for (const { status, body } of answers) assert.ok(status < 500, JSON.stringify(body));
  return answers.filter(({ status }) => status < 300).length;
}

const challengeOf = async (world: AccountWorld): Promise<string> =>
  (await world.login("ann")).body.challenge;

test("a refresh token: concurrent requests get one pair, and later reuse ends the session", async (world) => {
  const { token, refreshToken } = await world.register("ann");
  const refresh = (refreshToken: string) =>
    world.send("POST", "/api/auth/refresh-token", { refreshToken });
  const won: HttpAnswer[] = [];
  const count = await winners(async () => {
    const answer = await refresh(refreshToken);
    if (answer.status === 200) won.push(answer);
    return answer;
  });
  assert.equal(count, AT_ONCE);
  assert.equal(new Set(won.map(({ body }) => body.refreshToken)).size, 1);
  assert.equal(new Set(won.map(({ body }) => body.accessToken)).size, 1);
  world.ahead += 31_000;
  assert.equal((await refresh(refreshToken)).status, 401, "too late for that pair");
  assert.equal((await refresh(won[0].body.refreshToken)).status, 401, "the next one");
  assert.equal((await world.send("GET", "/api/users/profile", undefined, { token })).status, 401);
  const { accessToken } = won[0].body;
  const late = await world.send("GET", "/api/users/profile", undefined, { token: accessToken });
  assert.equal(late.status, 401);
});

test("a refresh token that was used long ago ends the session too", async (world) => {
  const first = await world.register("ann");
  let { refreshToken } = first;
  for (let i = 0; i < 3; i++) {
    const { body } = await world.send("POST", "/api/auth/refresh-token", { refreshToken });
    refreshToken = body.refreshToken;
  }
  const stolen = { refreshToken: first.refreshToken };
  assert.equal((await world.send("POST", "/api/auth/refresh-token", stolen)).status, 401);
  assert.equal((await world.send("POST", "/api/auth/refresh-token", { refreshToken })).status, 401);
  assert.equal((await world.login("ann")).status, 200, "other sessions can be opened");
});

test("a TOTP code works once, for one of all purposes", async (world) => {
  const ann = await world.register("ann");
  const { codeNow, setupCode } = await enableSecondFactor(world, ann);
  const challenges = await Promise.all(Array.from({ length: AT_ONCE }, () => challengeOf(world)));
  const verify = (challenge: string, code: string) =>
    world.send("POST", "/api/auth/2fa/verify", { challenge, code });
  assert.equal((await verify(challenges.pop()!, setupCode)).status, 401, "it was used to set up");
  world.ahead += 30_000;
  const code = await codeNow();
  challenges.push(await challengeOf(world));
  assert.equal(await winners(() => verify(challenges.pop()!, code)), 1);
  const again: [string, object][] = [
    ["/api/auth/2fa/disable", { code }],
    ["/api/auth/2fa/recovery-codes", { code }],
    ["/api/auth/reauthenticate", { code }],
  ];
  for (const [path, body] of again) {
    assert.equal((await world.send("POST", path, body, ann)).status, 401, path);
  }
});

test("a recovery code works for one of many challenges", async (world) => {
  const { recoveryCodes } = await enableSecondFactor(world, await world.register("ann"));
  const challenges = await Promise.all(Array.from({ length: AT_ONCE }, () => challengeOf(world)));
  const verify = (challenge: string, code: string) =>
    world.send("POST", "/api/auth/2fa/verify", { challenge, code });
  assert.equal(await winners(() => verify(challenges.pop()!, recoveryCodes[0])), 1);
});

// Separate from the test before: its losers have used up half of the budget for wrong codes.
test("a challenge accepts one of many codes", async (world) => {
  const { recoveryCodes, codeNow } = await enableSecondFactor(world, await world.register("ann"));
  const challenge = await challengeOf(world);
  // One fewer than the attempts that a challenge allows: the last attempt ends it, whatever its
  // code.
  const codes = [...recoveryCodes.slice(1, 4), await codeNow()];
  const verify = (code: string) => world.send("POST", "/api/auth/2fa/verify", { challenge, code });
  assert.equal(await winners(() => verify(codes.pop()!)), 1);
});

type Link = (world: AccountWorld, ann: Account) => Promise<[string, { token: string }]>;

const LINKS = {
  "a link that resets a password": async (world, { email }) => {
    await world.send("POST", "/api/auth/password/forgot", { email });
    const token = await world.linkToken(email, /password/i);
    return ["/api/auth/password/reset", { token, password: "another horse" }];
  },
  "a link that confirms an address": async (world, { email }) => {
    const token = await world.linkToken(email, /Confirm/);
    return ["/api/auth/email/verify", { token, password: PASSWORD }];
  },
  "a link that changes an address": async (world, ann) => {
    const email = `new-${ann.email}`;
    await world.send("PUT", "/api/auth/email", { email }, ann);
    const token = await world.linkToken(email, /./);
    return ["/api/auth/email/change", { token, password: PASSWORD }];
  },
} satisfies Record<string, Link>;

for (const [what, ask] of Object.entries(LINKS)) {
  test(`${what} works once, and expires`, async (world) => {
    const [path, body] = await ask(world, await world.register("ann"));
    assert.equal(await winners(() => world.send("POST", path, body)), 1);
    const [, late] = await ask(world, await world.register("bob"));
    world.ahead += 24 * 3_600_000 + 1;
    assert.equal((await world.send("POST", path, late)).status, 400);
  });
}

/** Each secret that is issued, and each operation that accepts one: none works for another's. */
test("no token works for another purpose", async (world) => {
  const ann = await world.register("ann");
  const bob = await world.register("bob");
  await enableSecondFactor(world, bob);
  const secrets: Record<string, string> = {
    access: ann.token,
    refresh: ann.refreshToken,
    challenge: (await world.login("bob")).body.challenge,
    verify: await world.linkToken(ann.email, /Confirm/),
    reset: (await LINKS["a link that resets a password"](world, ann))[1].token,
    change: (await LINKS["a link that changes an address"](world, ann))[1].token,
  };
  const code = "000000";
  const password = "another horse";
  const places: Record<string, (secret: string) => Promise<HttpAnswer>> = {
    access: (token) => world.send("GET", "/api/users/profile", undefined, { token }),
    refresh: (refreshToken) => world.send("POST", "/api/auth/refresh-token", { refreshToken }),
    challenge: (challenge) => world.send("POST", "/api/auth/2fa/verify", { challenge, code }),
    verify: (token) => world.send("POST", "/api/auth/email/verify", { token }, ann),
    reset: (token) => world.send("POST", "/api/auth/password/reset", { token, password }),
    change: (token) => world.send("POST", "/api/auth/email/change", { token }, ann),
  };
  for (const [kind, secret] of Object.entries(secrets)) {
    assert.ok(secret, kind);
    for (const [place, take] of Object.entries(places)) {
      if (place === kind) continue;
      const { status, body } = await take(secret);
      assert.ok(status === 400 || status === 401, `${kind} as ${place}: ${status}`);
      assert.ok(["invalid_request", "unauthenticated"].includes(body.code), `${kind} as ${place}`);
    }
  }
  // None of that used them up: each still works for its own purpose.
  for (const kind of ["access", "verify", "reset"]) {
    const { status, body } = await places[kind](secrets[kind]);
    assert.ok(status < 300, `${kind}: ${JSON.stringify(body)}`);
  }
});

test("a session's id is never chosen by another user", async (world) => {
  const mallory = await world.register("mallory");
  await world.register("ann");
  const ids = async (token: string): Promise<string[]> => {
    const { body } = await world.send("GET", "/api/sessions", undefined, { token });
    return body.items.map(({ id }: { id: string }) => id);
  };
  const [fixed] = await ids(mallory.token);
  const login = { identifier: "ann", password: PASSWORD };
  const headers = { cookie: `session=${fixed}; sid=${fixed}`, "x-session-id": fixed };
  const options = { token: mallory.token, headers };
  const { body } = await world.send("POST", "/api/auth/login", login, options);
  assert.ok(!(await ids(body.accessToken)).includes(fixed));
  const again = await world.send("POST", "/api/auth/login", login, { token: body.accessToken });
  assert.equal(new Set(await ids(again.body.accessToken)).size, 3, "each sign-in is a session");
  assert.notEqual(again.body.refreshToken, body.refreshToken);
  for (const query of [`?sid=${fixed}`, `?sessionId=${fixed}`]) {
    assert.equal((await world.send("POST", `/api/auth/login${query}`, login)).status, 400);
  }
});
