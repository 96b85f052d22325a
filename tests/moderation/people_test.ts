import assert from "node:assert/strict";
import type { HttpClient } from "../support/http_client.ts";
import { backendOf } from "../support/api_keys.ts";
import { attacks, REST } from "../security/attacks.ts";
import { asAdmin, newestEntries } from "./administrators.ts";

const test = attacks();
const MINUTE = 60_000;

/** Usernames of all pages of a list, in order. */
async function names(client: HttpClient, query: string): Promise<string[]> {
  const found: string[] = [];
  const limit = Number(new URLSearchParams(query).get("limit") ?? Infinity);
  for (let cursor = "", pages = 0; pages < 20; pages++) {
    const { status, body } = await client.get(`/api/admin/users?${query}${cursor}`);
    assert.equal(status, 200, JSON.stringify(body));
    assert.ok(body.items.length <= limit, `${body.items.length} on a page of ${limit}`);
    found.push(...body.items.map(({ username }: { username: string }) => username));
    if (body.next === null) return found;
    cursor = `&cursor=${encodeURIComponent(body.next)}`;
  }
  throw new Error("Cannot read the list: it does not end");
}

test(
  REST,
  "administrators list people by their properties, newest first, in pages",
  async (app) => {
    const people = await app.people("root", "ann", "anton", "bob", "eve");
    const root = await asAdmin(app, people.root);
    const store = await app.openStore();
    await store.users.update(people.bob.id, { externalId: "crm-7" });
    await store.users.update(people.eve.id, { isBot: true });
    await store.close();
    const all = await names(root, "");
    assert.deepEqual([...all].sort(), ["ann", "anton", "bob", "eve", "root"]);
    assert.deepEqual(await names(root, "limit=2"), all, "pages have the same people");
    assert.deepEqual(await names(root, "q=an"), ["ann", "anton"]);
    assert.deepEqual(await names(root, "q=an&limit=1"), ["ann", "anton"]);
    assert.deepEqual(await names(root, "q=an&bot=true"), []);
    assert.deepEqual(await names(root, "role=admin"), ["root"]);
    assert.deepEqual(await names(root, "bot=true"), ["eve"]);
    assert.deepEqual(await names(root, "externalId=crm-7"), ["bob"]);
    assert.deepEqual(await names(root, "externalId=crm-8"), []);
    const later = new Date(app.clock.now() + MINUTE).toISOString();
    assert.deepEqual(await names(root, `createdAfter=${later}`), []);
    assert.deepEqual(await names(root, `createdBefore=${later}&limit=3`), all);
    const { body } = await root.get("/api/admin/users?cursor=x~y");
    assert.equal(body.code, "invalid_request");
    assert.deepEqual(app.log, []);
  },
);

test(REST, "the list shows a suspension while it is in force", async (app) => {
  const { root: chief, ann, bob } = await app.people("root", "ann", "bob");
  const root = await asAdmin(app, chief);
  const until = new Date(app.clock.now() + MINUTE).toISOString();
  const asked = { reason: "spam", until };
  assert.equal((await root.post(`/api/admin/users/${ann.id}/suspend`, asked)).status, 200);
  assert.equal((await app.client(ann).get("/api/users/profile")).status, 401);
  assert.deepEqual(await names(root, "suspended=true"), ["ann"]);
  assert.deepEqual((await names(root, "suspended=false")).sort(), ["bob", "root"]);
  const { body } = await root.get(`/api/admin/users/${ann.id}`);
  assert.equal(body.suspension.reason, "spam");
  assert.equal(body.suspension.until, until);
  assert.deepEqual([body.sessions, body.reports], [0, { total: 0, open: 0 }]);
  const report = { userId: ann.id, reason: "spam" };
  const chat = await app.client(bob).post("/api/groups", { name: "G", memberIds: [ann.id] });
  assert.equal(chat.status, 201);
  assert.equal((await app.client(bob).post("/api/users/report", report)).status, 201);
  app.clock.ahead += MINUTE;
  assert.deepEqual(await names(root, "suspended=true"), [], "it has lifted itself");
  const after = (await root.get(`/api/admin/users/${ann.id}`)).body;
  assert.deepEqual([after.suspension, after.reports], [null, { total: 1, open: 1 }]);
  assert.deepEqual(app.log, []);
});

test(
  REST,
  "only an administrator's session finds people by address, and it is recorded",
  async (app) => {
    const { root: chief, ann, mallory } = await app.people("root", "ann", "mallory");
    const root = await asAdmin(app, chief);
    const store = await app.openStore();
    const { email } = (await store.users.byId(ann.id))!;
    await store.close();
    const query = `email=${encodeURIComponent(email.toUpperCase())}`;
    assert.deepEqual(await names(root, query), ["ann"]);
    const [entry] = await newestEntries(app, 1);
    assert.deepEqual([entry.action, entry.actorId, entry.userId], [
      "user.looked_up",
      chief.id,
      ann.id,
    ]);
    assert.deepEqual(await names(root, "email=nobody@example.org"), []);
    const key = await backendOf(app);
    for (const client of [key, key.in(chief.id)]) {
      const { status, body } = await client.get(`/api/admin/users?${query}`);
      assert.deepEqual([status, body.code], [403, "forbidden"]);
      const listed = (await client.get("/api/admin/users?q=ann")).body.items;
      assert.deepEqual([listed[0].username, listed[0].email], ["ann", null]);
    }
    assert.equal((await root.get("/api/admin/users?q=ann")).body.items[0].email, email);
    for (const path of ["/api/admin/users", `/api/admin/users/${ann.id}`]) {
      assert.equal((await app.client(mallory).get(path)).status, 403);
      const scopes = ["users:read", "act_as"] as const;
      const limited = await backendOf(app, { scopes: [...scopes] });
      assert.equal((await limited.get(path)).status, 403);
      assert.equal((await limited.in(chief.id).get(path)).status, 403);
    }
    assert.deepEqual(app.log, []);
  },
);

test(REST, "an API key acts on no administrator, an administrator's session does", async (app) => {
  const { root: chief, second, ann } = await app.people("root", "second", "ann");
  const root = await asAdmin(app, chief);
  await asAdmin(app, second);
  const key = await backendOf(app);
  const asked: Record<string, object> = { suspend: { reason: "x" }, "end-sessions": {} };
  for (const client of [key, key.in(chief.id)]) {
    for (const [action, input] of Object.entries(asked)) {
      const refused = await client.post(`/api/admin/users/${second.id}/${action}`, input);
      assert.deepEqual([refused.status, refused.body.code], [403, "forbidden"], action);
      assert.match(refused.body.detail, /no API key may act on an administrator/);
    }
  }
  assert.equal((await app.client(second).get("/api/users/profile")).status, 200);
  const done = await root.post(`/api/admin/users/${second.id}/suspend`, { reason: "left us" });
  assert.equal(done.status, 200);
  const lift = `/api/admin/users/${second.id}/unsuspend`;
  assert.equal((await key.post(lift, {})).status, 403, "nor may it lift the suspension");
  assert.equal((await root.post(lift, {})).status, 200);
  const ended = await key.post(`/api/admin/users/${ann.id}/end-sessions`, {});
  assert.deepEqual([ended.status, ended.body.ended], [200, 1]);
});

test(REST, "a suspended administrator is none", async (app) => {
  const { root: chief, second } = await app.people("root", "second");
  const [root, late] = [await asAdmin(app, chief), await asAdmin(app, second)];
  assert.equal((await late.get("/api/admin/users")).status, 200);
  const done = await root.post(`/api/admin/users/${second.id}/suspend`, { reason: "left us" });
  assert.equal(done.status, 200);
  assert.equal((await late.get("/api/admin/users")).status, 401);
});

test(REST, "a suspended bot neither signs in nor posts by an incoming webhook", async (app) => {
  const { root: chief, ann } = await app.people("root", "ann");
  const root = await asAdmin(app, chief);
  const made = await root.post("/api/admin/bots", { name: "Helper", username: "helper" });
  const signIn = () => app.client().post("/api/bots/sign-in", { token: made.body.token });
  const session = await signIn();
  assert.equal(session.status, 200, JSON.stringify(session.body));
  const group = await app.client(ann).post("/api/groups", { name: "Builds" });
  const path = `/api/chats/${group.body.id}/incoming-webhooks`;
  const hook = (await app.client(ann).post(path, { name: "CI" })).body;
  const post = () => app.client().post(hook.path, { text: "Build failed" });
  assert.equal((await post()).status, 201);
  const until = new Date(app.clock.now() + MINUTE).toISOString();
  for (const id of [made.body.id, hook.id]) {
    await root.post(`/api/admin/users/${id}/suspend`, { reason: "floods", until });
  }
  const bot = app.client().as(session.body.accessToken);
  assert.equal((await bot.get("/api/users/profile")).status, 401);
  for (const refused of [await signIn(), await post()]) {
    assert.deepEqual([refused.status, refused.body.code], [403, "account_suspended"]);
  }
  app.clock.ahead += MINUTE;
  assert.equal((await signIn()).status, 200, "the suspension has lifted itself");
  assert.equal((await post()).status, 201);
  assert.deepEqual(app.log, []);
});

test(REST, "a suspended person does not write on by an incoming webhook", async (app) => {
  const { root: chief, ann, bob } = await app.people("root", "ann", "bob");
  const root = await asAdmin(app, chief);
  const group = await app.client(bob).post("/api/groups", { name: "Builds", memberIds: [ann.id] });
  await app.client(bob).put(`/api/groups/${group.body.id}/admin`, {
    userId: ann.id,
    role: "admin",
  });
  const path = `/api/chats/${group.body.id}/incoming-webhooks`;
  const hookOf = async (person: typeof ann) =>
    (await app.client(person).post(path, { name: "CI" })).body;
  const [hers, his] = [await hookOf(ann), await hookOf(bob)];
  const post = async (hook: { path: string }) => {
    const { status, body } = await app.client().post(hook.path, { text: "Build failed" });
    return [status, body.code];
  };
  const until = new Date(app.clock.now() + MINUTE).toISOString();
  await root.post(`/api/admin/users/${ann.id}/suspend`, { reason: "floods", until });
  assert.deepEqual(await post(hers), [403, "account_suspended"]);
  assert.deepEqual(await post(his), [201, undefined], "those of others go on");
  app.clock.ahead += MINUTE;
  assert.deepEqual(await post(hers), [201, undefined], "the suspension has lifted itself");
});
