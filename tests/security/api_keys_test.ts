import assert from "node:assert/strict";
import { keyTokenOf, newSecret } from "../../src/api_keys/key_token.ts";
import { newId } from "../../src/core/ids.ts";
import { SCOPES } from "../../src/model/api_key.ts";
import { anApiKey } from "../contract/store/rows.ts";
import { backendOf } from "../support/api_keys.ts";
import { makeAdmin } from "../support/make_admin.ts";
import type { RunningApp } from "../support/running_app.ts";
import { TRANSPORTS } from "../support/transports.ts";
import { attacks, REST } from "./attacks.ts";

const attack = attacks();
const MINUTE = 60_000;

async function entriesOf(app: RunningApp, userId: string) {
  const store = await app.openStore();
  const entries = await store.audit.ofUser(userId, { before: null, limit: 20 });
  await store.close();
  return entries;
}

attack(REST, "an administrator makes, lists, rotates and ends an API key", async (app) => {
  const { chief, mallory } = await app.people("chief", "mallory");
  const asked = { name: "Backend", scopes: ["moderation", "admin:read"] };
  const by = app.client(chief);
  assert.equal((await by.post("/api/admin/api-keys", asked)).status, 403);
  await makeAdmin(app, chief);
  const store = await app.openStore();
  // The session was opened long ago: making a secret needs a recent proof of identity.
  await store.sessions.setAuthenticatedAt(chief.sessionId, 0);
  const stale = await by.post("/api/admin/api-keys", asked);
  assert.deepEqual([stale.status, stale.body.code], [403, "reauthentication_required"]);
  await store.sessions.setAuthenticatedAt(chief.sessionId, app.clock.now());
  const made = await by.post("/api/admin/api-keys", asked);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { token, ...shown } = made.body;
  assert.match(token, /^rtc_[0-9a-f]{32}_[0-9A-Za-z]{43}$/);
  const row = await store.apiKeys.byId(shown.id);
  assert.ok(!JSON.stringify(row).includes(token.split("_")[2]), "only the hash is stored");
  assert.deepEqual((await by.get("/api/admin/api-keys")).body.items, [shown]);

  const works = async (key: string) =>
    (await app.client().as(key).get("/api/admin/reports")).status === 200;
  assert.ok(await works(token));
  const path = `/api/admin/api-keys/${shown.id}`;
  const rotated = await by.post(`${path}/rotate`, { graceSeconds: 60 });
  assert.equal(rotated.status, 200, JSON.stringify(rotated.body));
  const next = rotated.body.token;
  assert.deepEqual([await works(token), await works(next)], [true, true], "within the grace time");
  app.clock.ahead += MINUTE + 1;
  assert.deepEqual([await works(token), await works(next)], [false, true]);
  await store.sessions.setAuthenticatedAt(chief.sessionId, app.clock.now());
  const last = (await by.post(`${path}/rotate`, { graceSeconds: 0 })).body.token;
  assert.deepEqual([await works(next), await works(last)], [false, true]);

  assert.equal((await app.client(mallory).delete(path)).status, 403);
  const ended = await by.delete(path);
  assert.deepEqual([ended.status, ended.body.state], [200, "ended"]);
  const refused = await app.client().as(last).get("/api/admin/reports");
  assert.deepEqual([refused.status, refused.body.detail], [401, "The API key has ended"]);
  assert.match(refused.headers.get("www-authenticate")!, /invalid_token/);
  const conflict = await by.post(`${path}/rotate`, {});
  assert.equal(conflict.body.code, "conflict");
  const actions = (await entriesOf(app, chief.id)).map(({ action }) => action);
  assert.deepEqual(actions, [
    "api_key.ended",
    "api_key.rotated",
    "api_key.rotated",
    "api_key.created",
  ]);
  await store.close();
});

attack(REST, "an API key works until the time it is made for, which is not past", async (app) => {
  const { chief } = await app.people("chief");
  await makeAdmin(app, chief);
  const store = await app.openStore();
  await store.sessions.setAuthenticatedAt(chief.sessionId, app.clock.now());
  await store.close();
  const by = app.client(chief);
  const make = (ms: number) =>
    by.post("/api/admin/api-keys", {
      name: "Backend",
      scopes: ["moderation", "admin:read"],
      expiresAt: new Date(app.clock.now() + ms).toISOString(),
    });
  assert.equal((await make(-MINUTE)).body.errors[0].path, "expiresAt");
  const made = await make(MINUTE);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const works = async () =>
    (await app.client().as(made.body.token).get("/api/admin/reports")).status;
  assert.equal(await works(), 200);
  app.clock.ahead += MINUTE + 1;
  assert.equal(await works(), 401);
  const rotate = async (id: string) =>
    (await by.post(`/api/admin/api-keys/${id}/rotate`, {})).body.code;
  const reauthenticated = await app.openStore();
  await reauthenticated.sessions.setAuthenticatedAt(chief.sessionId, app.clock.now());
  await reauthenticated.close();
  assert.deepEqual([await rotate(made.body.id), await rotate(newId())], ["conflict", "not_found"]);
});

attack(REST, "200 API keys may work at a time; those that no longer do leave room", async (app) => {
  const { chief } = await app.people("chief");
  await makeAdmin(app, chief);
  const now = app.clock.now();
  const store = await app.openStore();
  await store.sessions.setAuthenticatedAt(chief.sessionId, now);
  const keys = Array.from({ length: 199 }, () => anApiKey());
  const unusable = [anApiKey({ endedAt: now }), anApiKey({ expiresAt: now - MINUTE })];
  for (const key of [...keys, ...unusable]) await store.apiKeys.create(key, Infinity);
  await store.close();
  const by = app.client(chief);
  const make = () => by.post("/api/admin/api-keys", { name: "Backend", scopes: ["moderation"] });
  assert.equal((await make()).status, 201);
  const refused = await make();
  assert.deepEqual([refused.status, refused.body.code], [409, "conflict"]);
  await by.delete(`/api/admin/api-keys/${keys[0].id}`);
  assert.equal((await make()).status, 201);
});

attack(REST, "guessed, forged and expired API keys open nothing", async (app) => {
  const good = await backendOf(app, { expiresAt: app.clock.now() + MINUTE });
  const { id } = good.key;
  const [, , secret] = good.token!.split("_");
  const forged = [
    keyTokenOf(id, newSecret()),
    keyTokenOf(newId(), secret),
    keyTokenOf(id, secret.toLowerCase()),
    `rtc_${id}_${secret}`,
    `rtc_${secret}`,
    "rtc_",
    `${good.token}x`,
  ];
  for (const token of forged) {
    const { status, body } = await app.client().as(token).get("/api/admin/reports");
    assert.deepEqual([status, body.detail], [401, "The API key is not valid"], token);
  }
  assert.equal((await good.get("/api/admin/reports")).status, 200);
  app.clock.ahead += MINUTE;
  const late = await good.get("/api/admin/reports");
  assert.deepEqual([late.status, late.body.detail], [401, "The API key has expired"]);
  assert.deepEqual(app.log, []);
});

attack(REST, "a stolen API key makes no other key, and ends none", async (app) => {
  const { chief } = await app.people("chief");
  await makeAdmin(app, chief);
  const thief = await backendOf(app);
  for (const client of [thief, thief.in(chief.id)]) {
    const asked = { name: "Mine", scopes: ["act_as"] };
    assert.equal((await client.post("/api/admin/api-keys", asked)).status, 401);
    assert.equal((await client.get("/api/admin/api-keys")).status, 401);
    const path = `/api/admin/api-keys/${thief.key.id}`;
    assert.equal((await client.post(`${path}/rotate`, {})).status, 401);
    assert.equal((await client.delete(path)).status, 401);
  }
});

attack(
  REST,
  "a key that acts as an administrator has no right that it lacks itself",
  async (app) => {
    const { chief, victim } = await app.people("chief", "victim");
    await makeAdmin(app, chief);
    const limited = await backendOf(app, { scopes: ["act_as", "messages:write", "chats:write"] });
    const suspend = `/api/admin/users/${victim.id}/suspend`;
    const refused = await limited.in(chief.id).post(suspend, { reason: "because" });
    assert.deepEqual([refused.status, refused.body.code], [403, "forbidden"]);
    assert.match(refused.headers.get("www-authenticate")!, /insufficient_scope/);
    // Nor does the scope help in the name of somebody who is no administrator.
    const moderator = await backendOf(app, { scopes: ["act_as", "moderation"] });
    assert.equal((await moderator.in(victim.id).post(suspend, { reason: "because" })).status, 403);
    assert.equal((await app.client(victim).get("/api/users/profile")).status, 200);
    // With both it is done, and recorded as done by both.
    const done = await moderator.in(chief.id).post(suspend, { reason: "because" });
    assert.equal(done.status, 200, JSON.stringify(done.body));
    const [both] = await entriesOf(app, victim.id);
    assert.deepEqual([both.action, both.actorId, both.keyId], [
      "user.suspended",
      chief.id,
      moderator.key.id,
    ]);
    const inTheirName = (await backendOf(app)).in(victim.id);
    const late = await inTheirName.get("/api/users/profile");
    assert.deepEqual([late.status, late.body.code], [403, "forbidden"], "while suspended");
    const lifted = await moderator.post(suspend.replace("suspend", "unsuspend"), {});
    assert.equal(lifted.status, 200, JSON.stringify(lifted.body));
    const [alone] = await entriesOf(app, victim.id);
    assert.deepEqual([alone.actorId, alone.keyId], [null, moderator.key.id]);
    assert.equal((await inTheirName.get("/api/users/profile")).status, 200);
  },
);

attack(REST, "a server acts within the rights of the person it names", async (app) => {
  const { ann, bob, eve } = await app.people("ann", "bob", "eve");
  const backend = await backendOf(app);
  const sent = await backend.in(ann.id).post("/api/messages", { recipientId: bob.id, text: "Hi" });
  assert.equal(sent.status, 201, JSON.stringify(sent.body));
  assert.equal(sent.body.senderId, ann.id);
  const { chatId } = sent.body;
  assert.equal((await backend.in(bob.id).get(`/api/chats/${chatId}`)).status, 200);
  assert.equal((await backend.in(eve.id).get(`/api/chats/${chatId}`)).status, 404);
  const made = await backend.in(ann.id).post("/api/groups", { name: "G", memberIds: [bob.id] });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const store = await app.openStore();
  const [entry] = await store.audit.ofChat(made.body.id, { before: null, limit: 1 });
  assert.deepEqual([entry.actorId, entry.keyId], [ann.id, backend.key.id]);
  const form = new FormData();
  form.set("file", new File(["text"], "a.txt"));
  const upload = await backend.in(ann.id).post("/api/media/upload", undefined, { body: form });
  assert.equal(upload.status, 201, JSON.stringify(upload.body));
  const file = `/api/media/${upload.body.id}`;
  assert.equal((await backend.in(ann.id).get(file)).status, 200);
  const export_ = await backend.in(ann.id).get("/api/users/export");
  assert.equal(export_.status, 401, "it takes no keys");
  for (const [who, status] of [[newId(), 400], ["ann", 400], ["", 400]] as const) {
    const { body } = await backend.in(who).get("/api/users/profile");
    assert.deepEqual([body.status, body.code], [status, "invalid_request"], who);
  }
  const suspension = { at: 1, until: null, reason: "spam", byUserId: null };
  await store.users.update(ann.id, { suspension });
  const refused = await backend.in(ann.id).get("/api/users/profile");
  assert.deepEqual([refused.status, refused.body.code], [403, "forbidden"]);
  await store.close();
  // A session gains nothing by the header.
  const init = { headers: { "x-act-as": eve.id } };
  const confused = await app.client(bob).get("/api/users/profile", init);
  assert.equal(confused.body.code, "invalid_request");
  assert.deepEqual(app.log, []);
});

attack(
  TRANSPORTS.slice(1),
  "a socket refuses an API key, with the reason",
  async (app, transport) => {
    const { token } = await backendOf(app);
    await assert.rejects(
      transport.open(app, token!),
      /API key calls over REST|unauthenticated|4001/,
    );
  },
);

attack(
  REST,
  "the calls of a key share its own limit, in whatever name",
  async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    const backend = await backendOf(app);
    const statuses = [];
    for (const client of [backend, backend.in(ann.id), backend.in(bob.id), backend]) {
      const path = client === backend ? "/api/admin/reports" : "/api/users/profile";
      statuses.push((await client.get(path)).status);
    }
    assert.deepEqual(statuses, [200, 200, 200, 429]);
    assert.equal((await app.client(ann).get("/api/users/profile")).status, 200);
    const other = await backendOf(app, { scopes: [...SCOPES] });
    assert.equal((await other.get("/api/admin/reports")).status, 200);
  },
  { RATE_KEY: "3/10m" },
);

attack(REST, "the last use and its address are written when the server stops", async (app) => {
  const backend = await backendOf(app), started = app.clock.now();
  assert.equal((await backend.get("/api/admin/reports")).status, 200);
  const watching = await app.openStore();
  await app.app.drain();
  const { lastUsedAt, lastAddress } = (await watching.apiKeys.byId(backend.key.id))!;
  assert.ok(lastUsedAt! >= started && lastUsedAt! <= app.clock.now());
  assert.equal(lastAddress, "127.0.0.1");
  await watching.close();
});
