import assert from "node:assert/strict";
import { backendOf } from "../support/api_keys.ts";
import { eventually } from "../support/eventually.ts";
import { HangingServer } from "../support/hanging_server.ts";
import { blackPng } from "../support/pictures.ts";
import { RunningApp } from "../support/running_app.ts";
import { WsClient } from "../support/ws_client.ts";
import { attacks, REST } from "./attacks.ts";

const attack = attacks();
const ANN = "/api/server/users/ann%7C1";

async function tokenOf(app: RunningApp, path = ANN): Promise<string> {
  const backend = await backendOf(app);
  const { status, body } = await backend.post(`${path}/tokens`, { deviceName: "Phone" });
  assert.equal(status, 201, JSON.stringify(body));
  return body.accessToken;
}

attack(REST, "a backend makes a person once, changes and signs them in", async (app) => {
  const backend = await backendOf(app);
  const made = await backend.put(ANN, { name: "Ann Example" });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { user, externalId } = made.body;
  assert.deepEqual([externalId, user.displayName, user.username], [
    "ann|1",
    "Ann Example",
    "ann.example",
  ]);
  const again = await backend.put(ANN, { name: "Ann Example" });
  assert.deepEqual([again.status, again.body], [200, made.body]);
  const custom = { tier: "gold" };
  const changed = await backend.put(ANN, { name: "Ann", username: "ann_1", bio: "Hi", custom });
  assert.deepEqual(changed.body.user, {
    ...user,
    displayName: "Ann",
    username: "ann_1",
    bio: "Hi",
    custom,
  });
  assert.deepEqual((await backend.get(ANN)).body, changed.body);

  const tokens = (await backend.post(`${ANN}/tokens`, {})).body;
  assert.equal(tokens.user.id, user.id);
  const ann = app.client().as(tokens.accessToken);
  const profile = (await ann.get("/api/users/profile")).body;
  assert.deepEqual([profile.id, profile.email, profile.hasPassword], [user.id, "", false]);
  const { refreshToken } = tokens;
  assert.equal((await ann.post("/api/auth/refresh-token", { refreshToken })).status, 200);
  // No password opens the account, and no mail could.
  const login = { identifier: "ann_1", password: "correct horse battery" };
  assert.equal((await app.client().post("/api/auth/login", login)).status, 401);
  assert.equal((await backend.in("ext:ann|1").get("/api/users/profile")).body.id, user.id);
  assert.deepEqual(app.log, []);
});

attack(REST, "a batch makes people side by side, and reports each failure", async (app) => {
  const { taken } = await app.people("taken");
  const backend = await backendOf(app);
  const users = [
    { externalId: "a", name: "A" },
    { externalId: "b", username: taken.username },
    { externalId: "c" },
  ];
  const { status, body } = await backend.post("/api/server/users", { users });
  assert.equal(status, 200, JSON.stringify(body));
  const outcomes = body.items.map((
    { externalId, user, error }: Record<string, { code: string }>,
  ) => [externalId, user !== null, error?.code]);
  assert.deepEqual(outcomes, [["a", true, undefined], ["b", false, "conflict"], [
    "c",
    true,
    undefined,
  ]]);
  const first = (await backend.get("/api/server/users?limit=1")).body;
  const rest = (await backend.get(`/api/server/users?limit=5&cursor=${first.next}`)).body;
  const ids = [...first.items, ...rest.items].map((one) => one.externalId);
  assert.deepEqual([ids, rest.next], [["a", "c"], null]);
});

attack(REST, "concurrent first uses make one person", async (app) => {
  const backend = await backendOf(app);
  const all = await Promise.all(
    Array.from({ length: 8 }, () => backend.put(ANN, { name: "Ann", username: "ann_1" })),
  );
  assert.deepEqual(all.map(({ status }) => status).sort(), [
    200,
    200,
    200,
    200,
    200,
    200,
    200,
    201,
  ]);
  assert.equal(new Set(all.map(({ body }) => body.user.id)).size, 1);
});

attack(REST, "a deactivated person is out at once, on sockets too, and comes back", async (app) => {
  const backend = await backendOf(app);
  await backend.put(ANN, {});
  const token = await tokenOf(app);
  const { client } = await WsClient.connect(app.webSocketUrl, token);
  const out = await backend.post(`${ANN}/deactivate`, {});
  assert.equal(out.status, 200, JSON.stringify(out.body));
  assert.ok(out.body.deactivatedAt);
  assert.equal((await client.closed).code, 4001);
  assert.equal((await app.client().as(token).get("/api/users/profile")).status, 401);
  const refused = await backend.post(`${ANN}/tokens`, {});
  assert.equal(refused.body.code, "account_suspended");
  assert.equal((await backend.in("ext:ann|1").get("/api/users/profile")).status, 403);
  const back = await backend.post(`${ANN}/reactivate`, {});
  assert.equal(back.body.deactivatedAt, null);
  assert.equal((await app.client().as(await tokenOf(app)).get("/api/users/profile")).status, 200);
  assert.deepEqual((await backend.post(`${ANN}/end-sessions`, {})).body, { ended: 1 });
});

attack(REST, "an erased person is gone, and the external id is free", async (app) => {
  const backend = await backendOf(app);
  const { user } = (await backend.put(ANN, { name: "Ann" })).body;
  const exported = await backend.get(`${ANN}/export`);
  assert.equal(exported.body.profile[0].id, user.id, JSON.stringify(exported.body));
  const store = await app.openStore();
  const [newest] = await store.audit.ofUser(user.id, { before: null, limit: 1 });
  await store.close();
  assert.deepEqual([newest.action, newest.actorId], ["data.exported", null]);
  const token = await tokenOf(app);
  assert.equal((await backend.delete(ANN)).status, 204);
  assert.equal((await app.client().as(token).get("/api/users/profile")).status, 401);
  for (const path of [ANN, `${ANN}/export`]) {
    assert.equal((await backend.get(path)).body.code, "not_found");
  }
  const anew = await backend.put(ANN, { name: "Ann" });
  assert.equal(anew.status, 201);
  assert.notEqual(anew.body.user.id, user.id);
});

attack(
  REST,
  "a key without admins:write neither makes nor becomes an administrator",
  async (app) => {
    const scopes = ["users:read", "users:write", "tokens:write"] as const;
    const backend = await backendOf(app, { scopes: [...scopes] });
    const strong = await backendOf(app, { scopes: [...scopes, "admins:write"] });
    const refused = await backend.put(ANN, { role: "admin" });
    assert.deepEqual([refused.status, refused.body.code], [403, "forbidden"]);
    // It makes and changes all others, also if it says the role that they have.
    const statuses = [];
    for (const fields of [{}, { name: "Bob" }, { role: "user" }]) {
      statuses.push((await backend.put("/api/server/users/bob", fields)).status);
    }
    assert.deepEqual(statuses, [201, 200, 200]);
    assert.equal((await strong.put(ANN, { role: "admin" })).body.role, "admin");
    const attempts = [
      backend.put(ANN, { name: "Mallory" }),
      backend.put(ANN, { role: "user" }),
      backend.post(`${ANN}/tokens`, {}),
      backend.post(`${ANN}/deactivate`, {}),
      backend.post(`${ANN}/reactivate`, {}),
      backend.post(`${ANN}/end-sessions`, {}),
      backend.delete(ANN),
    ];
    for (const { status, body } of await Promise.all(attempts)) {
      assert.deepEqual([status, body.code], [403, "forbidden"]);
    }
    const tokens = await strong.post(`${ANN}/tokens`, {});
    const chief = app.client().as(tokens.body.accessToken);
    assert.equal((await chief.get("/api/admin/reports")).status, 200);
  },
);

attack(REST, "an account that was opened here is no person of a backend", async (app) => {
  const { victim } = await app.people("victim");
  const backend = await backendOf(app);
  const made = await backend.put("/api/server/users/victim", { username: victim.username });
  assert.equal(made.body.code, "conflict");
  for (const id of [victim.username, victim.id]) {
    const { body } = await backend.post(`/api/server/users/${id}/tokens`, {});
    assert.equal(body.code, "not_found", id);
  }
  const person = app.client(victim);
  assert.equal((await person.put(ANN, {})).status, 403, "a session is no key");
  assert.equal((await app.client().put(ANN, {})).status, 401);
});

attack(REST, "a backend gives nobody a reserved name", async (app) => {
  const backend = await backendOf(app);
  const made = await backend.put(ANN, { username: "admin" });
  assert.deepEqual([made.status, made.body.code], [409, "conflict"], JSON.stringify(made.body));
  const { user } = (await backend.put(ANN, { name: "Ann", username: "ann_1" })).body;
  const changed = await backend.put(ANN, { name: "Anna", username: "Support" });
  assert.deepEqual([changed.status, changed.body.code], [409, "conflict"]);
  assert.deepEqual((await backend.get(ANN)).body.user, user, "nothing else has changed either");
});

Deno.test("an export by a backend counts for its key", async () => {
  await using app = await RunningApp.start({ RATE_KEY: "3/1h" });
  const backend = await backendOf(app);
  await backend.put(ANN, {});
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await backend.get(`${ANN}/export`)).status);
  assert.deepEqual(statuses, [200, 200, 429]);
});

attack(REST, "malformed external ids and fields are refused", async (app) => {
  const backend = await backendOf(app);
  for (const id of ["%00", "a%20b", "a%2Fb", "x".repeat(129), "%C3%A9", "%24gt%7B%7D"]) {
    const { status } = await backend.put(`/api/server/users/${id}`, {});
    assert.ok([400, 404].includes(status), id);
  }
  const bad = [{ picture: "javascript:alert(1)" }, { picture: "x" }, { role: "owner" }, { id: 1 }];
  for (const body of bad) {
    assert.equal((await backend.put(ANN, body)).status, 400, JSON.stringify(body));
  }
  const twice = { users: [{ externalId: "a" }, { externalId: "a" }] };
  assert.equal((await backend.post("/api/server/users", twice)).status, 400);
});

attack(REST, "a picture's URL reaches no private address", async (app) => {
  const backend = await backendOf(app);
  let asked = 0;
  const inside = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    asked++;
    return new Response("secret");
  });
  const { port } = inside.addr;
  const urls = [
    `http://127.0.0.1:${port}/`,
    `https://127.0.0.1:${port}/`,
    `https://localhost:${port}/`,
    `https://[::1]:${port}/`,
    `https://0x7f.1:${port}/`,
    `https://2130706433:${port}/`,
    `https://0177.0.0.1:${port}/`,
    `https://localhost.:${port}/`,
    `https://[::ffff:127.0.0.1]:${port}/`,
    `https://[::ffff:7f00:1]:${port}/`,
    `https://[64:ff9b::7f00:1]:${port}/`,
    `https://[2002:7f00:1::]:${port}/`,
    `https://user:password@127.0.0.1:${port}/`,
    `https://evil.example@127.0.0.1:${port}/`,
    "https://[fd00:ec2::254]/latest/meta-data",
    "https://0/",
    "https://169.254.169.254/latest/meta-data",
  ];
  for (const picture of urls) {
    const { status, body } = await backend.put(ANN, { picture });
    assert.deepEqual([status, body.errors?.[0].path], [400, "picture"], picture);
  }
  assert.equal(asked, 0);
  assert.equal((await backend.get(ANN)).body.picture, null);
  await inside.shutdown();
});

Deno.test("a picture is fetched from an allowed origin, once for each URL", async () => {
  const png = blackPng(8, 8);
  const asked: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, ({ url }) => {
    const { pathname } = new URL(url);
    asked.push(pathname);
    if (pathname === "/text") return new Response("<script>alert(1)</script>");
    return new Response(png);
  });
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const hanging = new HangingServer();
  await using app = await RunningApp.start({ PICTURE_ORIGINS: `${origin},${hanging.origin}` });
  const backend = await backendOf(app);
  const first = await backend.put(ANN, { picture: `${origin}/a` });
  assert.ok(first.body.user.avatarMediaId, JSON.stringify(first.body));
  assert.equal(first.body.picture, `${origin}/a`);
  await backend.put(ANN, { picture: `${origin}/a`, name: "Ann" });
  assert.deepEqual(asked, ["/a"]);
  const text = await backend.put(ANN, { picture: `${origin}/text` });
  assert.match(text.body.detail, /it is no image/);
  const removed = await backend.put(ANN, { picture: null });
  assert.equal(removed.body.user.avatarMediaId, null);
  // In a batch, a host that hangs delays neither the response nor the pictures of others.
  const users = [
    ...Array.from({ length: 5 }, (_, i) => ({
      externalId: `slow${i}`,
      picture: `${hanging.origin}/${i}`,
    })),
    { externalId: "quick", picture: `${origin}/quick` },
  ];
  assert.equal((await backend.post("/api/server/users", { users })).status, 200);
  await eventually("the quick picture is there", async () => {
    const { body } = await backend.get("/api/server/users/quick");
    return body.user.avatarMediaId;
  });
  await hanging.close();
  await server.shutdown();
});
