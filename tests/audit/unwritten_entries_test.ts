import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type BackendClient, backendOf } from "../support/api_keys.ts";
import type { HttpAnswer, HttpClient } from "../support/http_client.ts";
import { RunningApp } from "../support/running_app.ts";
import { asAdmin } from "../moderation/administrators.ts";

/** The people, and what they act on: all of it is there before the audit trail is refused. */
interface World {
  root: HttpClient;
  ann: HttpClient;
  bobId: string;
  backend: BackendClient;
  messageId: string;
  reportId: string;
  keyId: string;
  webhookId: string;
}

const BACKEND = "http://127.0.0.1:1";
const WEBHOOK = { url: `${BACKEND}/hook`, events: ["media.ready"] };
const LINKS = { allow: "any", hosts: [], newMemberSeconds: 0 };
const CARL = "/api/server/users/carl";

/** Every action whose entry is written beside its change, and not in its transaction. */
const ACTIONS: Record<string, (world: World) => Promise<HttpAnswer>> = {
  "a block": ({ ann, bobId }) => ann.post("/api/users/block", { userId: bobId }),
  "a report": ({ ann, bobId }) => ann.post("/api/users/report", { userId: bobId, reason: "spam" }),
  "an export": ({ ann }) => ann.get("/api/users/export"),
  "a request for another address": ({ ann }) =>
    ann.put("/api/auth/email", { email: "new@example.org" }),
  "a report's resolution": ({ root, reportId }) =>
    root.post(`/api/admin/reports/${reportId}/resolve`, { decision: "warned" }),
  "a look-up by address": ({ root }) => root.get("/api/admin/users?email=bob@example.org"),
  "reading messages": ({ root }) => root.get("/api/admin/messages"),
  "reading around a message": ({ root, messageId }) =>
    root.get(`/api/admin/messages/${messageId}/context`),
  "a new API key": ({ root }) =>
    root.post("/api/admin/api-keys", { name: "K", scopes: ["moderation"] }),
  "an API key's rotation": ({ root, keyId }) =>
    root.post(`/api/admin/api-keys/${keyId}/rotate`, { graceSeconds: 0 }),
  "an API key's end": ({ root, keyId }) => root.delete(`/api/admin/api-keys/${keyId}`),
  "a new webhook": ({ root }) => root.post("/api/admin/webhooks", WEBHOOK),
  "a webhook's change": ({ root, webhookId }) =>
    root.put(`/api/admin/webhooks/${webhookId}`, { description: "other" }),
  "a webhook's new secret": ({ root, webhookId }) =>
    root.post(`/api/admin/webhooks/${webhookId}/rotate-secret`, {}),
  "a webhook's deletion": ({ root, webhookId }) => root.delete(`/api/admin/webhooks/${webhookId}`),
  "a change of the filters": ({ root }) =>
    root.put("/api/admin/filters", { words: [], links: LINKS }),
  "a change of the message hook": ({ root }) =>
    root.put("/api/admin/message-hook", { url: BACKEND }),
  "a backend's sign-in of a person": ({ backend }) => backend.post(`${CARL}/tokens`, {}),
  "a backend's export": ({ backend }) => backend.get(`${CARL}/export`),
};

async function openWorld(app: RunningApp): Promise<World> {
  const people = await app.people("chief", "ann", "bob");
  const root = await asAdmin(app, people.chief);
  const ann = app.client(people.ann);
  const store = await app.openStore();
  for (const { sessionId } of [people.chief, people.ann]) {
    await store.sessions.setAuthenticatedAt(sessionId, app.clock.now());
  }
  await store.close();
  const backend = await backendOf(app);
  const bobId = people.bob.id;
  const made = async (answer: Promise<HttpAnswer>) => {
    const { status, body } = await answer;
    assert.equal(status, 201, JSON.stringify(body));
    return body.id as string;
  };
  await made(backend.put(CARL, { name: "Carl" }));
  return {
    root,
    ann,
    bobId,
    backend,
    messageId: await made(ann.post("/api/messages", { recipientId: bobId, text: "hi" })),
    reportId: await made(ann.post("/api/users/report", { userId: bobId, reason: "spam" })),
    keyId: (await backendOf(app)).key.id,
    webhookId: await made(root.post("/api/admin/webhooks", WEBHOOK)),
  };
}

/** Makes the database refuse every new entry of the audit trail until it is disposed of. */
function refuseEntries({ config }: RunningApp): Disposable {
  const path = join(config.dataDir, "chat.sqlite3");
  const execute = (sql: string) => {
    using database = new DatabaseSync(path, { timeout: 5_000 });
    database.exec(sql);
  };
  execute(`CREATE TRIGGER refuse_entries BEFORE INSERT ON audit
    BEGIN SELECT RAISE(ABORT, 'no entries'); END`);
  return { [Symbol.dispose]: () => execute("DROP TRIGGER refuse_entries") };
}

Deno.test("an action fails if its audit entry cannot be written", async (t) => {
  await using app = await RunningApp.start({ WEBHOOK_ALLOW_PRIVATE: BACKEND });
  const world = await openWorld(app);
  for (const [name, act] of Object.entries(ACTIONS)) {
    await t.step(name, async () => {
      using _refused = refuseEntries(app);
      const { status, body } = await act(world);
      assert.deepEqual([status, body.code], [500, "internal"], JSON.stringify(body));
    });
  }
});
