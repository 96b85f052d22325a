import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { asAdmin } from "../moderation/administrators.ts";
import { attacks, REST } from "../security/attacks.ts";
import { RunningApp } from "../support/running_app.ts";

const test = attacks();

test(REST, "only admins end an incoming webhook, and its account ends with it", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const [hers, his] = [app.client(ann), app.client(bob)];
  const group = { name: "Builds", memberIds: [bob.id] };
  const { body: { id: chatId } } = await hers.post("/api/groups", group);
  const path = `/api/chats/${chatId}/incoming-webhooks`;
  const { body: { id: hook, path: url } } = await hers.post(path, { name: "CI" });
  const post = async () => (await app.client().post(url, { text: "Build 7 passed" })).status;
  assert.equal((await his.delete(`${path}/${hook}`)).status, 403);
  assert.equal(await post(), 201);
  assert.equal((await hers.delete(`${path}/${hook}`)).status, 204);
  assert.equal(await post(), 404);
  assert.deepEqual((await hers.get(path)).body.items, []);
  const store = await app.openStore();
  assert.notEqual((await store.bots.byId(hook))!.endedAt, null);
  assert.notEqual((await store.users.byId(hook))!.deactivatedAt, null);
  await store.close();
  const trail = (await hers.get(`/api/groups/${chatId}/audit`)).body.items;
  const about = trail.filter(({ userId }: { userId: string | null }) => userId === hook);
  assert.deepEqual(
    about.map(({ action, actorId }: { action: string; actorId: string }) => [action, actorId]),
    [["member.removed", ann.id], ["member.added", ann.id]],
  );
  assert.deepEqual(app.log, []);
});

Deno.test("an incoming webhook that can neither join nor be ended is a failure", async () => {
  await using app = await RunningApp.start();
  const { root, ann } = await app.people("root", "ann");
  const chief = await asAdmin(app, root);
  const { body: { id: chatId } } = await app.client(ann).post("/api/groups", { name: "Frozen" });
  await chief.post(`/api/admin/chats/${chatId}/freeze`, { frozen: true });
  using database = new DatabaseSync(join(app.config.dataDir, "chat.sqlite3"), { timeout: 5_000 });
  database.exec(`CREATE TRIGGER no_end BEFORE UPDATE ON bots
    BEGIN SELECT RAISE(ABORT, 'no end'); END`);
  const path = `/api/chats/${chatId}/incoming-webhooks`;
  const refused = await app.client(ann).post(path, { name: "CI" });
  assert.equal(refused.body.code, "internal", "the caller learns that something is left behind");
});
