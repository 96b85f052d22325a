/** Servers' keys, bots' tokens and people's sessions, each tried where another would be right. */
import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { type BackendClient, backendOf } from "../support/api_keys.ts";
import { eventually } from "../support/eventually.ts";
import type { HttpClient } from "../support/http_client.ts";
import { makeAdmin } from "../support/make_admin.ts";
import type { RunningApp } from "../support/running_app.ts";
import { SocketIoClient } from "../support/socketio_client.ts";
import { WsClient } from "../support/ws_client.ts";
import { attacks, REST } from "./attacks.ts";

const attack = attacks();

/** Makes a bot, and returns its id, its token and a session of it. */
async function botOf(app: RunningApp, backend: BackendClient) {
  const made = await backend.post("/api/admin/bots", { name: "Weather", username: "weather" });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { id, token } = made.body;
  const session = (await app.client().post("/api/bots/sign-in", { token })).body;
  return { id, token, session: session.accessToken as string };
}

const outcome = async (answer: ReturnType<HttpClient["get"]>) => {
  const { status, body } = await answer;
  return [status, body?.code];
};

attack(REST, "a key acts for no one who is erased, ended, unknown or another's", async (app) => {
  const backend = await backendOf(app);
  const { ann } = await app.people("ann");
  const asAnn = "/api/server/users/ext-ann";
  const { user } = (await backend.put(asAnn, { name: "Ann" })).body;
  const bot = await botOf(app, backend);
  assert.equal((await backend.in(bot.id).get("/api/users/profile")).status, 200, "while it works");
  assert.equal((await backend.delete(`/api/admin/bots/${bot.id}`)).status, 204);
  assert.equal((await backend.delete(asAnn)).status, 204);
  const text = { chatId: newId(), text: "x" };
  const refused: [string, number][] = [
    [bot.id, 403],
    [user.id, 400],
    ["ext:ext-ann", 400],
    ["ext:nobody", 400],
    ["ext:", 400],
    [`ext:${ann.id}`, 400],
    [`ext:${ann.username}`, 400],
    ['ext:{"$ne":null}', 400],
    ["ext:' OR 1=1 --", 400],
    ["ext:__proto__", 400],
    [`EXT:ext-ann`, 400],
    [`${ann.id},${bot.id}`, 400],
  ];
  for (const [who, status] of refused) {
    const [got] = await outcome(backend.in(who).post("/api/messages", text));
    assert.equal(got, status, who);
  }
  assert.deepEqual(app.log, []);
});

attack(
  REST,
  "a key without admins:write changes no administrator, in whatever name",
  async (app) => {
    const { chief } = await app.people("chief");
    await makeAdmin(app, chief);
    const scopes = [
      "act_as",
      "users:read",
      "users:write",
      "messages:write",
      "chats:write",
    ] as const;
    const thief = await backendOf(app, { scopes: [...scopes] });
    const patch = { displayName: "Mallory" };
    const refused = await outcome(thief.in(chief.id).put("/api/users/profile", patch));
    assert.deepEqual(refused, [403, "forbidden"]);
    const attempts = [
      thief.in(chief.id).get("/api/admin/reports"),
      thief.in(chief.id).get("/api/admin/users"),
      thief.in(chief.id).get("/api/admin/webhooks"),
      thief.in(chief.id).put("/api/admin/message-hook", { url: "https://evil.example/" }),
      thief.in(chief.id).post("/api/admin/bots", { name: "Evil", username: "evil" }),
    ];
    for (const attempt of attempts) assert.equal((await attempt).body.code, "forbidden");
    const sessionOnly = [
      thief.in(chief.id).post("/api/admin/api-keys", { name: "Mine", scopes: ["act_as"] }),
      thief.in(chief.id).get("/api/sessions"),
      thief.in(chief.id).post("/api/auth/logout", {}),
      thief.in(chief.id).delete("/api/users/profile", { password: "x" }),
    ];
    for (const attempt of sessionOnly) assert.equal((await attempt).body.code, "unauthenticated");
    assert.notEqual(
      (await app.client(chief).get("/api/users/profile")).body.displayName,
      "Mallory",
    );
    const strong = await backendOf(app, { scopes: [...scopes, "admins:write"] });
    const done = await strong.in(chief.id).put("/api/users/profile", patch);
    assert.equal(done.status, 200, JSON.stringify(done.body));
    assert.deepEqual(app.log, []);
  },
);

attack(
  REST,
  "a bot's token is no key and no session, and its session has a person's rights",
  async (app) => {
    const backend = await backendOf(app);
    const { ann } = await app.people("ann");
    const bot = await botOf(app, backend);
    const raw = app.client().as(bot.token);
    for (const path of ["/api/users/profile", "/api/admin/reports", "/api/server/users"]) {
      assert.equal((await raw.get(path)).status, 401, path);
    }
    const session = app.client().as(bot.session);
    const asAnn = { headers: { "x-act-as": ann.id } };
    assert.deepEqual(await outcome(session.get("/api/users/profile", asAnn)), [
      400,
      "invalid_request",
    ]);
    const attempts = [
      session.get("/api/admin/reports"),
      session.get("/api/server/users"),
      session.post(`/api/admin/bots/${bot.id}/rotate`),
      session.post("/api/admin/api-keys", { name: "Mine", scopes: ["act_as"] }),
      session.put("/api/server/users/mallory", { role: "admin" }),
    ];
    for (const attempt of attempts) assert.equal((await attempt).status, 403);
    // Nor does a key's token sign a bot in, or a session's.
    for (const token of [backend.token!, bot.session, ann.token]) {
      const { status } = await app.client().post("/api/bots/sign-in", { token });
      assert.ok([400, 401].includes(status), token);
    }
    assert.deepEqual(app.log, []);
  },
);

attack(REST, "a bot's sockets end when its token is rotated, and with the bot", async (app) => {
  const backend = await backendOf(app);
  const bot = await botOf(app, backend);
  const path = `/api/admin/bots/${bot.id}`;
  const open = async (token: string) => ({
    ws: (await WsClient.connect(app.webSocketUrl, token)).client,
    io: await SocketIoClient.connect(app.url, token),
  });
  const assertEnded = async ({ ws, io }: Awaited<ReturnType<typeof open>>, token: string) => {
    assert.equal((await ws.closed).code, 4001);
    await io.closed();
    await assert.rejects(WsClient.connect(app.webSocketUrl, token), /refused|4001/);
    await assert.rejects(SocketIoClient.connect(app.url, token));
  };
  const before = await open(bot.session);
  const rotated = await backend.post(`${path}/rotate`);
  await assertEnded(before, bot.session);
  const { body } = await app.client().post("/api/bots/sign-in", { token: rotated.body.token });
  const after = await open(body.accessToken);
  assert.equal((await backend.delete(path)).status, 204);
  await assertEnded(after, body.accessToken);
});

attack(
  REST,
  "a person whose session a key opened is out when the key says so, on sockets too",
  async (app) => {
    const backend = await backendOf(app);
    const path = "/api/server/users/ext-ann";
    await backend.put(path, { name: "Ann" });
    const { body } = await backend.post(`${path}/tokens`, {});
    const { client } = await WsClient.connect(app.webSocketUrl, body.accessToken);
    // Another key without the scope cannot end it, and gets no tokens.
    const weak = await backendOf(app, { scopes: ["users:read", "users:write"] });
    assert.equal((await weak.post(`${path}/end-sessions`, {})).status, 403);
    assert.equal((await weak.post(`${path}/tokens`, {})).status, 403);
    assert.equal((await backend.post(`${path}/end-sessions`, {})).body.ended, 1);
    assert.equal((await client.closed).code, 4001);
    const { refreshToken } = body;
    assert.equal(
      (await app.client().post("/api/auth/refresh-token", { refreshToken })).status,
      401,
    );
  },
);

attack(
  REST,
  "a key that ends is refused from the next request on, whatever is under way",
  async (app) => {
    const { chief } = await app.people("chief");
    await makeAdmin(app, chief);
    const backend = await backendOf(app);
    const store = await app.openStore();
    await store.sessions.setAuthenticatedAt(chief.sessionId, app.clock.now());
    await store.close();
    // A request in flight when the key ends does what it began, and the next one does nothing.
    const under = Array.from({ length: 10 }, () => backend.in(chief.id).get("/api/chats"));
    const ended = app.client(chief).delete(`/api/admin/api-keys/${backend.key.id}`);
    const statuses = (await Promise.all(under)).map(({ status }) => status);
    assert.ok(statuses.every((status) => status === 200 || status === 401), String(statuses));
    assert.equal((await ended).status, 200);
    const late = await Promise.all([
      backend.get("/api/admin/reports"),
      backend.in(chief.id).get("/api/chats"),
      backend.get(`/api/server/users/nobody/export`),
    ]);
    for (const { status, body } of late) {
      assert.deepEqual([status, body.detail], [401, "The API key has ended"]);
    }
    await eventually("nothing was logged", () => app.log.length === 0);
  },
);
