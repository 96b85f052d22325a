import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { asAdmin } from "../moderation/administrators.ts";
import { attacks, REST } from "../security/attacks.ts";
import { LEAKY } from "../support/leaky.ts";
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

test(
  REST,
  "an admin of another group ends neither its incoming webhooks nor a bot",
  async (app) => {
    const { root, ann, mallory } = await app.people("root", "ann", "mallory");
    const [hers, theirs] = [app.client(ann), app.client(mallory)];
    const chief = await asAdmin(app, root);
    const names = { name: "Weather", username: "weather" };
    const { body: bot } = await chief.post("/api/admin/bots", names);
    const { body: group } = await hers.post("/api/groups", { name: "Builds" });
    const { body: own } = await theirs.post("/api/groups", { name: "Own", memberIds: [bot.id] });
    const pathIn = (chatId: string) => `/api/chats/${chatId}/incoming-webhooks`;
    const { body: hook } = await hers.post(pathIn(group.id), { name: "CI" });
    for (const id of [hook.id, bot.id]) {
      assert.equal(
        (await theirs.delete(`${pathIn(own.id)}/${id}`)).status,
        204,
        "as for any other id",
      );
    }
    assert.equal((await app.client().post(hook.path, { text: "Build 7 passed" })).status, 201);
    const { body: members } = await theirs.get(`/api/groups/${own.id}`);
    assert.ok(JSON.stringify(members).includes(bot.id), "the bot is a member");
    assert.equal((await app.client().post("/api/bots/sign-in", { token: bot.token })).status, 200);
    assert.deepEqual(app.log, []);
  },
);

test(
  REST,
  "a webhook past the limit makes no account, and one that ended leaves room",
  async (app) => {
    const { root, ann } = await app.people("root", "ann");
    const [chief, hers] = [await asAdmin(app, root), app.client(ann)];
    const { body: { id: chatId } } = await hers.post("/api/groups", { name: "Builds" });
    const make = () => hers.post(`/api/chats/${chatId}/incoming-webhooks`, { name: "CI" });
    const made = [];
    for (let i = 0; i < 20; i++) made.push((await make()).body.id);
    const accounts = async () => (await chief.get("/api/admin/users?limit=100")).body.items.length;
    const before = await accounts();
    assert.equal((await make()).body.code, "conflict");
    assert.equal(await accounts(), before);
    // As after a crash before it left the group.
    const store = await app.openStore();
    await store.bots.update(made[0], { endedAt: app.clock.now() });
    await store.close();
    assert.deepEqual([(await make()).status, (await make()).status], [201, 409]);
    assert.deepEqual(app.log, []);
  },
);

Deno.test("a bot or an incoming webhook that cannot be ended is a failure", async () => {
  await using app = await RunningApp.start();
  const { root, ann } = await app.people("root", "ann");
  const [chief, hers] = [await asAdmin(app, root), app.client(ann)];
  const { body: bot } = await chief.post("/api/admin/bots", { name: "W", username: "weather" });
  const { body: group } = await hers.post("/api/groups", { name: "Builds" });
  const path = `/api/chats/${group.id}/incoming-webhooks`;
  const { body: hook } = await hers.post(path, { name: "CI" });
  using database = new DatabaseSync(join(app.config.dataDir, "chat.sqlite3"), { timeout: 5_000 });
  database.exec(`CREATE TRIGGER no_end BEFORE UPDATE ON bots
    BEGIN SELECT RAISE(ABORT, 'no end'); END`);
  const failing = {
    "a webhook's end": () => hers.delete(`${path}/${hook.id}`),
    "a bot's end": () => chief.delete(`/api/admin/bots/${bot.id}`),
    "a bot's new token": () => chief.post(`/api/admin/bots/${bot.id}/rotate`),
    // It is to be ended at once, since it cannot join.
    "a webhook of a frozen group": async () => {
      await chief.post(`/api/admin/chats/${group.id}/freeze`, { frozen: true });
      return await hers.post(path, { name: "CI" });
    },
  };
  for (const [name, act] of Object.entries(failing)) {
    assert.equal((await act()).body?.code, "internal", name);
  }
  await chief.post(`/api/admin/chats/${group.id}/freeze`, { frozen: false });
  database.exec(`DROP TRIGGER no_end;
    CREATE TRIGGER no_leave BEFORE UPDATE ON memberships WHEN NEW.leftAt IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'no leave'); END`);
  const left = await hers.delete(`${path}/${hook.id}`);
  assert.equal(left.body?.code, "internal", "a webhook that stays a member");
});

Deno.test({
  ...LEAKY,
  name: "a person makes at most 100 incoming webhooks a day, in all groups",
  fn: async () => {
    await using app = await RunningApp.start();
    const { ann, bob } = await app.people("ann", "bob");
    const paths = await Promise.all([0, 1].map(async (i) => {
      const group = { name: `Builds ${i}`, memberIds: [bob.id] };
      const { body: { id } } = await app.client(ann).post("/api/groups", group);
      await app.client(ann).put(`/api/groups/${id}/admin`, { userId: bob.id, role: "admin" });
      return `/api/chats/${id}/incoming-webhooks`;
    }));
    const make = async (person: typeof ann, path: string) => {
      const { status, body } = await app.client(person).post(path, { name: "CI" });
      if (status === 201) await app.client(person).delete(`${path}/${body.id}`);
      return body.code ?? status;
    };
    for (let i = 0; i < 100; i++) assert.equal(await make(ann, paths[i % 2]), 201, `webhook ${i}`);
    for (const path of paths) assert.equal(await make(ann, path), "rate_limited");
    assert.equal(await make(bob, paths[0]), 201, "each person is counted alone");
    assert.deepEqual(app.log, []);
  },
});
