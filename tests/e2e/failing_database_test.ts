import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PASSWORD } from "../support/account_world.ts";
import { backendOf } from "../support/api_keys.ts";
import type { HttpAnswer, HttpClient } from "../support/http_client.ts";
import { OwnIssuer } from "../support/own_issuer.ts";
import { RunningApp } from "../support/running_app.ts";

interface World {
  visitor: HttpClient;
  ann: HttpClient;
  bobId: string;
  root: HttpClient;
  backend: HttpClient;
  /** Of a person who is not here yet, and of one who is. */
  tokens: { first: string; known: string };
}

/** Requests that say "taken" of a row that is there already, by the table that they write. */
const WRITES: [string, string, (world: World) => Promise<HttpAnswer>][] = [
  ["users", "a registration", ({ visitor }) =>
    visitor.post("/api/auth/register", {
      username: "new_one",
      email: "new@example.org",
      password: PASSWORD,
    })],
  ["users", "a new username", ({ ann }) => ann.put("/api/auth/username", { username: "anna" })],
  ["users", "a backend's new person", ({ backend }) => backend.put("/api/server/users/new", {})],
  [
    "users",
    "a backend's change",
    ({ backend }) => backend.put("/api/server/users/known", { username: "other" }),
  ],
  [
    "users",
    "a person of a token",
    ({ visitor, tokens }) => visitor.as(tokens.first).get("/api/users/profile"),
  ],
  [
    "sessions",
    "a session of a token",
    ({ visitor, tokens }) => visitor.as(tokens.known).get("/api/users/profile"),
  ],
  [
    "bots",
    "a new bot",
    ({ root }) => root.post("/api/admin/bots", { name: "Weather", username: "weather" }),
  ],
  ["chats", "a direct chat", ({ ann, bobId }) => ann.post("/api/chats", { userId: bobId })],
  [
    "messages",
    "a first message",
    ({ ann, bobId }) =>
      ann.post("/api/messages", { recipientId: bobId, text: "hi", clientId: "1" }),
  ],
];

async function openWorld(app: RunningApp, issuer: OwnIssuer): Promise<World> {
  const { chief, ann, bob } = await app.people("chief", "ann", "bob");
  const store = await app.openStore();
  await store.users.update(chief.id, { role: "admin" });
  for (const { sessionId } of [chief, ann]) {
    await store.sessions.setAuthenticatedAt(sessionId, app.clock.now());
  }
  await store.close();
  const backend = await backendOf(app);
  assert.equal((await backend.put("/api/server/users/known", {})).status, 201);
  return {
    visitor: app.client(),
    ann: app.client(ann),
    bobId: bob.id,
    root: app.client(chief),
    backend,
    tokens: {
      first: await issuer.token("first", app.clock.now()),
      known: await issuer.token("known", app.clock.now()),
    },
  };
}

Deno.test("what the database refuses is a failure, and not called taken", async (t) => {
  await using issuer = await OwnIssuer.start();
  await using app = await RunningApp.start(issuer.environment);
  const world = await openWorld(app, issuer);
  using database = new DatabaseSync(join(app.config.dataDir, "chat.sqlite3"), { timeout: 5_000 });
  for (const [table, name, write] of WRITES) {
    await t.step(name, async () => {
      for (const kind of ["INSERT", "UPDATE"]) {
        database.exec(`CREATE TRIGGER refuse_${kind} BEFORE ${kind} ON ${table}
          BEGIN SELECT RAISE(ABORT, 'no'); END`);
      }
      const { status, body } = await write(world);
      for (const kind of ["INSERT", "UPDATE"]) database.exec(`DROP TRIGGER refuse_${kind}`);
      assert.deepEqual([status, body.code], [500, "internal"], JSON.stringify(body));
      const { status: later, body: answer } = await write(world);
      assert.ok(later < 300, JSON.stringify(answer));
    });
  }
});
