import assert from "node:assert/strict";
import { makeAdmin } from "../support/make_admin.ts";
import type { Person } from "../support/people.ts";
import type { RunningApp } from "../support/running_app.ts";
import { attacks, REST } from "./attacks.ts";

/** An incoming webhook is a member of its group that can do nothing but post. */

const attack = attacks();

async function makeGroup(app: RunningApp, owner: Person, name: string) {
  const http = app.client(owner);
  const { body: group } = await http.post("/api/groups", { name: "Group" });
  const hooks = `/api/chats/${group.id}/incoming-webhooks`;
  const makeHook = (name: string) => http.post(hooks, { name });
  const { status, body: hook } = await makeHook(name);
  assert.equal(status, 201);
  const path = `/api/groups/${group.id}`;
  const add = async ({ id }: { id: string }) => {
    assert.equal((await http.post(`${path}/members`, { userIds: [id] })).status, 200);
  };
  const leave = async (person: Person) => {
    assert.equal((await app.client(person).delete(`${path}/members/${person.id}`)).status, 204);
  };
  const ownerOf = async (viewer: Person) => {
    const { body } = await app.client(viewer).get(path);
    return body.members.find(({ role }: { role: string }) => role === "owner")?.userId;
  };
  return { group, path, hooks, hook, makeHook, add, leave, ownerOf };
}

async function makeBot(app: RunningApp, root: Person, username: string) {
  const { status, body } = await app.client(root).post("/api/admin/bots", {
    name: username,
    username,
  });
  assert.equal(status, 201, JSON.stringify(body));
  return body as { id: string };
}

attack(REST, "a webhook never becomes a group's owner", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const { path, hook, add, leave, ownerOf } = await makeGroup(app, ann, "Builds");
  const role = await app.client(ann).put(`${path}/admin`, { userId: hook.id, role: "owner" });
  assert.deepEqual([role.status, role.body.code], [409, "conflict"]);
  assert.equal(await ownerOf(ann), ann.id);
  await add(bob);
  await leave(ann);
  assert.equal(await ownerOf(bob), bob.id, "although the webhook has been there for longer");
});

attack(REST, "a person becomes the owner before a bot, and a bot before no one", async (app) => {
  const { root, ann, bob } = await app.people("root", "ann", "bob");
  await makeAdmin(app, root);
  const bot = await makeBot(app, root, "helper");
  const { hook, add, leave, ownerOf } = await makeGroup(app, ann, "Builds");
  await add(bot);
  await add(bob);
  await leave(ann);
  assert.equal(await ownerOf(bob), bob.id);
  await leave(bob);
  const db = await app.openStore();
  const rows = await db.memberships.ofChat(hook.chatId);
  const present = rows.filter(({ leftAt }) => leftAt === null);
  const roles = present.map(({ userId, role }) => [userId, role]);
  assert.deepEqual(roles.sort(), [[hook.id, "member"], [bot.id, "owner"]].sort());
  await db.close();
});

attack(REST, "a suspended admin becomes the owner only if there is no one else", async (app) => {
  const { root, ann, bob, carl } = await app.people("root", "ann", "bob", "carl");
  await makeAdmin(app, root);
  const { path, add, leave, ownerOf } = await makeGroup(app, ann, "Builds");
  await add(bob);
  await add(carl);
  await app.client(ann).put(`${path}/admin`, { userId: bob.id, role: "admin" });
  const suspend = { reason: "floods" };
  await app.client(root).post(`/api/admin/users/${bob.id}/suspend`, suspend);
  await leave(ann);
  assert.equal(await ownerOf(carl), carl.id);
  await leave(carl);
  const store = await app.openStore();
  const group = (await store.memberships.ofUser(bob.id))[0];
  assert.deepEqual([group.leftAt, group.role], [null, "owner"]);
  await store.close();
});

attack(REST, "a group that only webhooks are left in has been left by all", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const { group, hook, add, leave } = await makeGroup(app, ann, "Builds");
  await add(bob);
  await leave(bob);
  const post = () => app.client().post(hook.path, { text: "Build 7 passed" });
  assert.equal((await post()).status, 201);
  await leave(ann);
  assert.equal((await post()).status, 404);
  const store = await app.openStore();
  assert.equal((await store.chats.byId(group.id))!.memberCount, 0);
  assert.deepEqual(await store.abandonedGroups.list(9), [group.id]);
  await store.close();
});

attack(REST, "concurrent requests make no more webhooks than the limit", async (app) => {
  const { ann } = await app.people("ann");
  const { hooks, makeHook } = await makeGroup(app, ann, "First");
  const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => makeHook(`Hook ${i}`)));
  const made = answers.filter(({ status }) => status === 201);
  const refused = answers.filter(({ status, body }) => status === 409 && body.code === "conflict");
  assert.deepEqual([made.length, refused.length], [19, 11]);
  const { body } = await app.client(ann).get(hooks);
  assert.equal(body.items.length, 20, "each of them is listed, and so can be ended");
});

attack(REST, "a stranger neither finds a group's webhooks nor reaches them", async (app) => {
  const { ann, eve } = await app.people("ann", "eve");
  const { hook, makeHook } = await makeGroup(app, ann, "Evening report");
  for (let i = 0; i < 4; i++) await makeHook(`Evening ${i}`);
  const http = app.client(eve);
  const found = await http.get("/api/users/search?q=eve&limit=2");
  const names = found.body.items.map(({ username }: { username: string }) => username);
  assert.deepEqual(names, ["eve"], "webhooks take no place of a page either");
  for (
    const [path, body] of [
      ["/api/messages", { recipientId: hook.id, text: "x" }],
      ["/api/chats", { userId: hook.id }],
      ["/api/groups", { name: "x", memberIds: [hook.id] }],
    ] as const
  ) {
    assert.equal((await http.post(path, body)).status, 404, path);
  }
  const members = await app.client(ann).get(`/api/users/${hook.id}`);
  assert.equal(members.body.displayName, "Evening report", "its group sees who posts");
});

attack(REST, "webhooks count as members of a group, and make it no larger", async (app) => {
  const { ann } = await app.people("ann");
  const { makeHook } = await makeGroup(app, ann, "First");
  const [second, third] = [await makeHook("Second"), await makeHook("Third")];
  assert.deepEqual([second.status, third.status, third.body.code], [201, 409, "conflict"]);
}, { LIMIT_GROUP_MEMBERS: "3" });

attack(REST, "a person who left or was removed does not write on by their webhook", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const { hooks, hook, path, add, leave } = await makeGroup(app, ann, "Hers");
  await add(bob);
  await app.client(ann).put(`${path}/admin`, { userId: bob.id, role: "admin" });
  const { body: his } = await app.client(bob).post(hooks, { name: "His" });
  const post = async (by: { path: string }, clientId?: string) => {
    const { status, body } = await app.client().post(by.path, { text: "Build failed", clientId });
    return [status, body.code];
  };
  assert.deepEqual(await post(his, "build-7"), [201, undefined]);
  const remove = () => app.client(ann).delete(`${path}/members/${bob.id}`);
  assert.equal((await remove()).status, 204);
  assert.deepEqual(await post(his), [403, "forbidden"]);
  assert.deepEqual(await post(his, "build-7"), [200, undefined], "a repeat writes nothing");
  assert.deepEqual(await post(hook), [201, undefined], "those of others go on");
  await add(bob);
  assert.deepEqual(await post(his), [201, undefined], "a member again");
  await leave(bob);
  assert.deepEqual(await post(his), [403, "forbidden"]);
});
