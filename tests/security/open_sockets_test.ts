import assert from "node:assert/strict";
import { Tokens } from "../../src/auth/tokens.ts";
import { newId } from "../../src/core/ids.ts";
import type { HttpClient } from "../support/http_client.ts";
import { LEAKY } from "../support/leaky.ts";
import type { Person } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { attacks } from "./attacks.ts";
import { SOCKETS } from "./entrances.ts";

const attack = attacks();

const SOCKETS_TOGETHER = [{ name: "All sockets of a session" }];

/** A token that becomes invalid closes every socket that it opened, whatever the cause. */

const PASSWORD = "correct horse battery";

interface Victim {
  app: RunningApp;
  http: HttpClient;
  admin: HttpClient;
  id: string;
  sessionId: string;
  refreshToken: string;
}

const ENDINGS: Record<string, (victim: Victim) => Promise<{ status: number }>> = {
  "logging out": ({ http }) => http.post("/api/auth/logout", {}),
  "ending it from another session": async (victim) =>
    (await elsewhere(victim)).delete(`/api/sessions/${victim.sessionId}`),
  "ending all others from another session": async (victim) =>
    (await elsewhere(victim)).delete("/api/sessions"),
  "changing the password in another session": async (victim) => {
    const change = { currentPassword: PASSWORD, newPassword: "another horse" };
    return await (await elsewhere(victim)).put("/api/auth/password", change);
  },
  "using a refresh token again after its successor": async ({ app, refreshToken }) => {
    const refresh = (token: string) =>
      app.client().post("/api/auth/refresh-token", { refreshToken: token });
    const first = await refresh(refreshToken);
    assert.equal((await refresh(first.body.refreshToken)).status, 200);
    assert.equal((await refresh(refreshToken)).status, 401);
    return first;
  },
  "being suspended": ({ admin, id }) =>
    admin.post(`/api/admin/users/${id}/suspend`, { reason: "spam" }),
  "deleting the account": ({ http }) => http.delete("/api/users/profile", { password: PASSWORD }),
};

/** Signs the user in once more. */
async function elsewhere({ app, http }: Victim): Promise<HttpClient> {
  const identifier = (await http.get("/api/users/profile")).body.username;
  const { body } = await app.client().post("/api/auth/login", { identifier, password: PASSWORD });
  return app.client().as(body.accessToken);
}

async function victimOf(app: RunningApp, admin: HttpClient): Promise<Victim & { token: string }> {
  const username = `v${newId().slice(-12)}`;
  const input = { username, email: `${username}@example.org`, password: PASSWORD };
  const { status, body } = await app.client().post("/api/auth/register", input);
  assert.equal(status, 201, JSON.stringify(body));
  const http = app.client().as(body.accessToken);
  const sessions = await http.get("/api/sessions");
  return {
    app,
    http,
    admin,
    id: body.user.id,
    sessionId: sessions.body.items[0].id,
    refreshToken: body.refreshToken,
    token: body.accessToken,
  };
}

async function administrator(app: RunningApp): Promise<HttpClient> {
  const { chief } = await app.people("chief");
  const store = await app.openStore();
  await store.users.update(chief.id, { role: "admin" });
  await store.close();
  return app.client(chief);
}

for (const [what, end] of Object.entries(ENDINGS)) {
  attack(SOCKETS_TOGETHER, `they close, and its token is rejected, after ${what}`, async (app) => {
    const victim = await victimOf(app, await administrator(app));
    const { token } = victim;
    await using first = await SOCKETS[0].hold(app, token);
    await using second = await SOCKETS[1].hold(app, token);
    await using third = await SOCKETS[2].hold(app, token);
    const held = [first, second, third];
    for (const one of held) assert.equal((await one.command("ping")).ok, true);
    const { status } = await end(victim);
    assert.ok(status < 300, `${what} answered ${status}`);
    assert.equal(await first.closed(), 4001);
    assert.deepEqual(
      [await second.closed(), await third.closed()],
      ["io server disconnect", "io server disconnect"],
    );
    for (const one of held) assert.equal((await one.command("ping")).ok, false);
    assert.equal((await app.client().as(token).get("/api/users/profile")).status, 401);
    for (const entrance of SOCKETS) {
      assert.equal(await entrance.enter(app, token), "unauthenticated", entrance.name);
    }
  });
}

const BRIEF_MS = 60_000;

/** Returns a token of the user's session that expires before the others. */
function brief(app: RunningApp, { id, sessionId }: Person): Promise<string> {
  const tokens = new Tokens({ ...app.config.tokens, accessTtlMs: BRIEF_MS }, app.clock);
  return tokens.sign("access", { userId: id, sessionId, tokenId: newId() });
}

Deno.test({
  ...LEAKY,
  name: "an expired token closes the sockets that it opened, and no others",
  fn: async () => {
    await using app = await RunningApp.start();
    const { ann } = await app.people("ann");
    await using lasting = await SOCKETS[0].hold(app, ann.token);
    const token = await brief(app, ann);
    await using first = await SOCKETS[0].hold(app, token);
    await using second = await SOCKETS[1].hold(app, token);
    await using third = await SOCKETS[2].hold(app, token);
    app.clock.ahead += BRIEF_MS;
    const closed = await Promise.all([first.closed(), second.closed(), third.closed()]);
    assert.deepEqual(closed, [4001, "transport close", "transport close"]);
    assert.equal((await lasting.command("ping")).ok, true);
    for (const entrance of SOCKETS) assert.equal(await entrance.enter(app, token), "token_expired");
  },
});

Deno.test({
  ...LEAKY,
  name: "a socket receives nothing and can do nothing before its token is accepted",
  fn: async () => {
    await using app = await RunningApp.start();
    const { ann, bob } = await app.people("ann", "bob");
    const { WsClient } = await import("../support/ws_client.ts");
    await using silent = await WsClient.open(app.webSocketUrl);
    await app.client(bob).post("/api/messages", { recipientId: ann.id, text: "hi" });
    const early = await silent.command("message.send", { recipientId: ann.id, text: "early" });
    assert.deepEqual([early.ok, early.error?.code], [false, "unauthenticated"]);
    assert.equal((await silent.closed).code, 4001);
    assert.deepEqual(silent.events, []);
  },
});
