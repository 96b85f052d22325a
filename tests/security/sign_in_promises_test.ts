import assert from "node:assert/strict";
import { Maintenance } from "../../src/auth/maintenance.ts";
import { createApp } from "../../src/app.ts";
import { jsonLog } from "../../src/core/log.ts";
import { newId } from "../../src/core/ids.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";
import { aSession, T0 } from "../contract/store/rows.ts";
import { onBothStores, PASSWORD } from "../support/account_world.ts";
import { enableSecondFactor } from "../support/second_factor.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig } from "../support/test_config.ts";

/** Guarantees of a sign-in over time: when sessions and secrets end, and what remains of them. */

const test = onBothStores();

const NEW = "another good password";

test("an expired session ends although its access token has not expired", async (world) => {
  const ann = await world.register("ann");
  const later = (await world.login("ann")).body;
  world.ahead += 60 * 60_000 + 1;
  const profile = await world.send("GET", "/api/users/profile", undefined, ann);
  assert.deepEqual([profile.status, profile.body.code], [401, "unauthenticated"]);
  const { refreshToken } = later;
  assert.equal((await world.send("POST", "/api/auth/refresh-token", { refreshToken })).status, 401);
  const { accessToken: token } = (await world.login("ann")).body;
  const { body } = await world.send("GET", "/api/sessions", undefined, { token });
  assert.equal(body.items.length, 1, "it is not listed either");
}, { JWT_EXPIRY: "24h", JWT_REFRESH_EXPIRY: "1h" });

test("a challenge started with the old password ends with it", async (world) => {
  const ann = await world.register("ann");
  const { recoveryCodes } = await enableSecondFactor(world, ann);
  const challengeOf = async (password: string): Promise<string> =>
    (await world.login("ann", password)).body.challenge;
  const verify = (challenge: string, code: string) =>
    world.send("POST", "/api/auth/2fa/verify", { challenge, code });
  const before = await challengeOf(PASSWORD);
  const change = { currentPassword: PASSWORD, newPassword: NEW };
  assert.equal((await world.send("PUT", "/api/auth/password", change, ann)).status, 204);
  assert.equal((await verify(before, recoveryCodes[0])).status, 401);
  const beforeReset = await challengeOf(NEW);
  const verified = await world.linkToken(ann.email, /Confirm/);
  await world.send("POST", "/api/auth/email/verify", { token: verified }, ann);
  await world.send("POST", "/api/auth/password/forgot", { email: ann.email });
  const token = await world.linkToken(ann.email, /new password/);
  const reset = await world.send("POST", "/api/auth/password/reset", { token, password: PASSWORD });
  assert.equal(reset.status, 204);
  assert.equal((await verify(beforeReset, recoveryCodes[0])).status, 401);
  assert.equal((await verify(await challengeOf(PASSWORD), recoveryCodes[0])).status, 200);
});

test("a reset of a confirmed account ends its sessions, and keeps its second factor and role", async (world) => {
  const ann = await world.register("ann");
  await enableSecondFactor(world, ann);
  const confirm = await world.linkToken(ann.email, /Confirm/);
  assert.equal(
    (await world.send("POST", "/api/auth/email/verify", { token: confirm }, ann)).status,
    204,
  );
  const store = await world.openStore();
  await store.users.update(ann.id, { role: "admin" });
  await world.send("POST", "/api/auth/password/forgot", { email: ann.email });
  const token = await world.linkToken(ann.email, /new password/);
  const reset = await world.send("POST", "/api/auth/password/reset", { token, password: NEW });
  assert.equal(reset.status, 204);
  assert.equal((await world.send("GET", "/api/users/profile", undefined, ann)).status, 401);
  const { refreshToken } = ann;
  assert.equal((await world.send("POST", "/api/auth/refresh-token", { refreshToken })).status, 401);
  const [{ endReason }] = await store.sessions.ofUser(ann.id, { before: null, limit: 10 });
  const { role, recoveryCodes } = (await store.users.byId(ann.id))!;
  assert.deepEqual([endReason, role, recoveryCodes.length], ["credentials_changed", "admin", 10]);
  assert.equal((await world.login("ann", NEW)).body.twoFactorRequired, true);
  await store.close();
});

test("a reset by the address that a thief has put there does not end the owner's way back", async (world) => {
  const ann = await world.register("ann");
  const confirm = await world.linkToken(ann.email, /Confirm/);
  await world.send("POST", "/api/auth/email/verify", { token: confirm }, ann);
  await world.send("PUT", "/api/auth/email", { email: "thief@example.net" }, ann);
  const change = await world.linkToken("thief@example.net", /new e-mail/);
  const changed = await world.send("POST", "/api/auth/email/change", { token: change }, ann);
  assert.equal(changed.status, 204);
  const undo = await world.linkToken(ann.email, /address was changed/);
  await world.send("POST", "/api/auth/password/forgot", { email: "thief@example.net" });
  const token = await world.linkToken("thief@example.net", /new password/);
  const reset = await world.send("POST", "/api/auth/password/reset", { token, password: NEW });
  assert.equal(reset.status, 204);
  const squatter = { username: "squatter", email: ann.email, password: PASSWORD };
  assert.equal((await world.send("POST", "/api/auth/register", squatter)).status, 409);
  const own = { token: undo, password: "the owner's password" };
  assert.equal((await world.send("POST", "/api/auth/email/undo", own)).status, 204);
  assert.equal((await world.login(ann.email, own.password)).status, 200);
});

test("a session past a lifetime that became shorter cannot be refreshed", async (world) => {
  const { refreshToken } = await world.register("ann");
  world.ahead += 2 * 60 * 60_000;
  await world.restart({ SESSION_LIFETIME: "1h" });
  const refreshed = await world.send("POST", "/api/auth/refresh-token", { refreshToken });
  assert.deepEqual([refreshed.status, refreshed.body.code], [401, "unauthenticated"]);
  await world.restart({ SESSION_LIFETIME: "3h" });
  const again = await world.send("POST", "/api/auth/refresh-token", { refreshToken });
  assert.equal(again.status, 200, "its token is not used up");
});

test("a suspension between the two steps of a sign-in ends it", async (world) => {
  const ann = await world.register("ann");
  const { recoveryCodes: [code] } = await enableSecondFactor(world, ann);
  const { challenge } = (await world.login("ann")).body;
  const store = await world.openStore();
  const suspension = { at: 0, until: null, reason: "spam", byUserId: ann.id };
  await store.users.update(ann.id, { suspension });
  const refused = await world.send("POST", "/api/auth/2fa/verify", { challenge, code });
  assert.deepEqual([refused.status, refused.body.code], [403, "account_suspended"]);
  assert.equal((await store.users.byId(ann.id))!.recoveryCodes.length, 10, "no code is used up");
  await store.close();
});

test("guesses at the code that confirms a second factor are counted", async (world) => {
  const ann = await world.register("ann");
  await world.send("POST", "/api/auth/2fa/enable", {}, ann);
  const statuses: number[] = [];
  for (let i = 0; i < 11; i++) {
    const code = String(i).padStart(6, "0");
    statuses.push((await world.send("POST", "/api/auth/2fa/verify", { code }, ann)).status);
  }
  assert.deepEqual(statuses, [...Array(10).fill(400), 429]);
});

test("links to an address that the account no longer has do not work", async (world) => {
  const [ann, bob] = [await world.register("ann"), await world.register("bob")];
  const verify = await world.linkToken(ann.email, /Confirm/);
  const takeOver = await world.linkToken(bob.email, /Confirm/);
  await world.send("POST", "/api/auth/password/forgot", { email: ann.email });
  const reset = await world.linkToken(ann.email, /new password/);
  const store = await world.openStore();
  for (const { id, username } of [ann, bob]) {
    const email = `new-${username}@example.org`;
    await store.users.update(id, { email, emailKey: email });
  }
  const newPassword = NEW;
  const used = [
    await world.send("POST", "/api/auth/password/reset", { token: reset, password: newPassword }),
    await world.send("POST", "/api/auth/email/verify", { token: verify }, ann),
    await world.send("POST", "/api/auth/email/verify", { token: takeOver, newPassword }),
  ];
  assert.deepEqual(used.map(({ status }) => status), [400, 400, 400]);
  for (const { id, username } of [ann, bob]) {
    assert.equal((await store.users.byId(id))!.emailVerifiedAt, null);
    assert.equal((await world.login(username)).status, 200);
  }
  await store.close();
});

Deno.test("Maintenance deletes ended and expired rows, and no others", async () => {
  const DAY = 24 * 3_600_000;
  const store = new SqliteStore(":memory:");
  const now = T0 + 100 * DAY;
  const session = (fields: object) => aSession({ expiresAt: now + DAY, ...fields });
  const ended = { endReason: "logout" as const };
  const rows = {
    long: session({ endedAt: now - 31 * DAY, ...ended }),
    recent: session({ endedAt: now - 29 * DAY, ...ended }),
    expired: session({ expiresAt: now - 31 * DAY }),
    live: session({}),
  };
  for (const row of Object.values(rows)) await store.sessions.create(row);
  const token = (id: string, expiresAt: number) =>
    store.oneTimeTokens.create({
      id,
      purpose: "verify_email",
      userId: newId(),
      data: {},
      attemptsLeft: 1,
      createdAt: T0,
      expiresAt,
    });
  await token("over", now - 1);
  await token("good", now + 1);
  const log = jsonLog("warn", (line) => assert.fail(line));
  await new Maintenance(store, { now: () => now }, log).run();
  const kept = await Promise.all(
    Object.entries(rows).map(async ([name, { id }]) => await store.sessions.byId(id) && name),
  );
  assert.deepEqual(kept.filter(Boolean), ["recent", "live"]);
  assert.equal(await store.oneTimeTokens.byId("over", 0), null, "its row is gone");
  assert.ok(await store.oneTimeTokens.byId("good", now));
  await store.close();
});

Deno.test("production without SMTP writes neither links nor addresses to the log", async () => {
  await using folder = await TempDir.make("production");
  const config = testConfig(folder.join("data"), {
    NODE_ENV: "production",
    BCRYPT_COST: "10",
    PUBLIC_URL: "https://chat.example.org",
    LOG_LEVEL: "debug",
  });
  const lines: string[] = [];
  const app = await createApp(config, jsonLog("debug", (line) => lines.push(line)));
  const post = async (path: string, body: object) => {
    const headers = { "content-type": "application/json", host: "localhost" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await app.fetch(new Request(`http://localhost${path}`, init), {});
    await response.body?.cancel();
    return response.status;
  };
  const email = "ann@example.org";
  assert.equal(
    await post("/api/auth/register", { username: "ann", email, password: PASSWORD }),
    201,
  );
  assert.equal(await post("/api/auth/password/forgot", { email }), 202);
  await app.drain();
  const unsent = lines.filter((line) => line.includes("A mail was not sent"));
  assert.equal(unsent.length, 2, "each mail leaves a warning");
  for (const line of lines) assert.doesNotMatch(line, /token=|\/account\/|ann@example/, line);
});
