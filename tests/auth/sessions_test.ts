import assert from "node:assert/strict";
import { Sessions } from "../../src/auth/sessions.ts";
import { Tokens } from "../../src/auth/tokens.ts";
import { newId } from "../../src/core/ids.ts";
import { type AccountWorld, onBothStores, PASSWORD } from "../support/account_world.ts";
import { aSession } from "../contract/store/rows.ts";
import { VISITOR } from "../support/held_auth.ts";

const test = onBothStores();

const list = async (world: AccountWorld, token: string) =>
  (await world.send("GET", "/api/sessions", undefined, { token })).body.items;

const profile = async (world: AccountWorld, token: string) =>
  (await world.send("GET", "/api/users/profile", undefined, { token })).status;

test("sessions are listed with device, address and last use, and end one by one", async (world) => {
  const ann = await world.register("ann");
  const input = { identifier: "ann", password: PASSWORD, deviceName: "Ann's phone" };
  const headers = { "user-agent": "Phone/2.0", "x-forwarded-for": "203.0.113.7" };
  const phone = (await world.send("POST", "/api/auth/login", input, { headers })).body;
  const items = await list(world, ann.token);
  assert.deepEqual(
    items.map((one: Record<string, unknown>) => [
      one.deviceName,
      one.userAgent,
      one.address,
      one.current,
    ]),
    [["Ann's phone", "Phone/2.0", "203.0.113.7", false], ["", "Test/1.0", "unknown", true]],
  );
  assert.ok(!JSON.stringify(items).includes("efresh"), "no hash of a token");
  const end = (id: string, token: string) =>
    world.send("DELETE", `/api/sessions/${id}`, undefined, { token });
  const bob = await world.register("bob");
  assert.equal((await end(items[0].id, bob.token)).status, 404, "not another's");
  assert.equal((await end(items[0].id, ann.token)).status, 204);
  assert.equal(await profile(world, phone.accessToken), 401, "its access token ends at once");
  const refresh = { refreshToken: phone.refreshToken };
  assert.equal((await world.send("POST", "/api/auth/refresh-token", refresh)).status, 401);
  assert.equal((await end(items[0].id, ann.token)).status, 404);
  assert.equal(await profile(world, ann.token), 200);
});

test("all other sessions end at once", async (world) => {
  const ann = await world.register("ann");
  const others = [(await world.login("ann")).body, (await world.login("ann")).body];
  const { body } = await world.send("DELETE", "/api/sessions", undefined, ann);
  assert.deepEqual(body, { ended: 2 });
  for (const { accessToken } of others) assert.equal(await profile(world, accessToken), 401);
  assert.equal((await list(world, ann.token)).length, 1);
  const again = await world.send("DELETE", "/api/sessions", undefined, ann);
  assert.deepEqual(again.body, { ended: 0 });
  const { body: { items } } = await world.send("GET", "/api/audit", undefined, ann);
  const ended = items.filter(({ action }: { action: string }) => action === "session.ended");
  assert.equal(ended.length, 1, "nothing to end is nothing to record");
});

test("last use is recorded to the minute, with its address", async (world) => {
  const ann = await world.register("ann");
  const [before] = await list(world, ann.token);
  world.ahead += 50_000;
  const [soon] = await list(world, ann.token);
  assert.equal(soon.lastUsedAt, before.lastUsedAt);
  world.ahead += 50_000;
  const headers = { "x-forwarded-for": "203.0.113.9" };
  await world.send("GET", "/api/users/profile", undefined, { token: ann.token, headers });
  const [later] = await list(world, ann.token);
  assert.ok(later.lastUsedAt > before.lastUsedAt);
  assert.equal(later.address, "203.0.113.9");
});

test("a refresh token that is used twice ends the session, and is recorded", async (world) => {
  const ann = await world.register("ann");
  const refresh = (refreshToken: string) =>
    world.send("POST", "/api/auth/refresh-token", { refreshToken });
  const next = await refresh(ann.refreshToken);
  assert.equal(next.status, 200);
  world.ahead += 31_000;
  assert.equal((await refresh(ann.refreshToken)).status, 401);
  assert.equal((await refresh(next.body.refreshToken)).status, 401, "the thief's or the owner's");
  assert.equal(await profile(world, next.body.accessToken), 401);
  const { body } = await world.login("ann");
  const audit = await world.send("GET", "/api/audit", undefined, { token: body.accessToken });
  const actions = audit.body.items.map(({ action }: { action: string }) => action);
  assert.ok(actions.includes("session.refresh_reused"));
});

test("a session above the limit ends the least recently used one", async (world) => {
  const ann = await world.register("ann");
  const second = (await world.login("ann")).body.accessToken;
  world.ahead += 61_000;
  assert.equal(await profile(world, ann.token), 200);
  const third = (await world.login("ann")).body.accessToken;
  const alive = [ann.token, second, third].map((token) => profile(world, token));
  assert.deepEqual(await Promise.all(alive), [200, 401, 200]);
}, { LIMIT_SESSIONS_PER_USER: "2" });

test("expiresIn is the configured lifetime right after sign-in", async (world) => {
  const start = world.now();
  let reads = 0;
  // Some milliseconds pass between the time of issue and the answer.
  const clock = { now: () => start + 7 * reads++ };
  const store = await world.openStore();
  const sessions = new Sessions({
    store,
    tokens: new Tokens(world.config.tokens, clock),
    changes: null as never,
    clock,
    onEnded: () => {},
  });
  const { pair } = await sessions.open(newId(), VISITOR);
  await store.close();
  assert.equal(pair.expiresIn, world.config.tokens.accessTtlMs / 1000);
});

test("a new session stays and the oldest ends, also if another instance's clock is ahead", async (world) => {
  const store = await world.openStore();
  const ended: string[] = [];
  const userId = newId(), start = world.now();
  const at = (offset: number) => {
    const clock = { now: () => start + offset };
    return new Sessions({
      store,
      tokens: new Tokens(world.config.tokens, clock),
      changes: null as never,
      clock,
      onEnded: (ids) => ended.push(...ids),
      maxPerUser: 2,
    });
  };
  const { sessionId: oldest } = await at(60_000).open(userId, VISITOR);
  const { sessionId: other } = await at(90_000).open(userId, VISITOR);
  const { sessionId: newest } = await at(0).open(userId, VISITOR);
  const alive = (await at(0).list(userId)).map(({ id }) => id);
  const { endReason } = (await store.sessions.byId(oldest))!;
  await store.close();
  assert.deepEqual([alive, ended, endReason], [[other, newest], [oldest], "too_many"]);
});

test("of sessions that begin at once as many stay as are allowed", async (world) => {
  const store = await world.openStore();
  const now = world.now(), userId = newId();
  const sessions = new Sessions({
    store,
    tokens: new Tokens(world.config.tokens, { now: () => now }),
    changes: null as never,
    clock: { now: () => now },
    onEnded: () => {},
    maxPerUser: 1,
  });
  const fields = { userId, createdAt: now, lastUsedAt: now, expiresAt: now + 60_000 };
  const [first, second] = [aSession(fields), aSession({ ...fields, createdAt: now + 5 })];
  // Both are stored before either makes room.
  for (const session of [first, second]) await store.sessions.create(session);
  for (const { id } of [first, second]) await sessions.makeRoom(userId, id);
  const alive = await sessions.list(userId);
  await store.close();
  assert.deepEqual(alive.map(({ id }) => id), [second.id]);
});

Deno.test("a use that cannot be recorded fails its request", async () => {
  const touch = () => Promise.reject(new Error("the store is away"));
  const sessions = new Sessions({
    store: { sessions: { touch } as never },
    clock: { now: () => 60_000 },
    onEnded: () => {},
    tokens: null as never,
    changes: null as never,
  });
  await assert.rejects(sessions.touch({ lastUsedAt: 0 } as never, VISITOR), /away/);
});
