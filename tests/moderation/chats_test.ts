import assert from "node:assert/strict";
import { RawDevice } from "../encryption/raw_device.ts";
import { attacks, REST } from "../security/attacks.ts";
import { backendOf } from "../support/api_keys.ts";
import { eventually } from "../support/eventually.ts";
import type { Person } from "../support/people.ts";
import type { RunningApp } from "../support/running_app.ts";
import { type Input, TRANSPORTS } from "../support/transports.ts";
import { WsClient } from "../support/ws_client.ts";
import { asAdmin, newestEntries } from "./administrators.ts";

const test = attacks();

/** A group of these people, the first of whom owns it, with one message by the second. */
async function aGroup(app: RunningApp, [owner, ...others]: Person[], name = "Kites") {
  const memberIds = others.map(({ id }) => id);
  const made = await app.client(owner).post("/api/groups", { name, memberIds });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const chatId: string = made.body.id;
  const sent = await app.client(others[0]).post("/api/messages", { chatId, text: "first" });
  assert.equal(sent.status, 201, JSON.stringify(sent.body));
  return { chatId, messageId: sent.body.id as string };
}

test(
  TRANSPORTS,
  "no member writes into a frozen chat, and all see that it is",
  async (app, way) => {
    const { root: chief, ann, bob, eve } = await app.people("root", "ann", "bob", "eve");
    const root = await asAdmin(app, chief);
    const { chatId, messageId } = await aGroup(app, [ann, bob]);
    const { client: live } = await WsClient.connect(app.webSocketUrl, bob.token);
    await using _ = live;
    const freeze = `/api/admin/chats/${chatId}/freeze`;
    const done = await root.post(freeze, { frozen: true, reason: "Quarrel" });
    assert.equal(done.status, 200, JSON.stringify(done.body));
    assert.deepEqual([done.body.frozen.reason, done.body.frozenBy], ["Quarrel", chief.id]);
    const event = await eventually(
      "the event of the chat",
      () => live.events.find(({ event, chatId: id }) => event === "chat.updated" && id === chatId),
    );
    const { frozen } = event.data as { frozen: { reason: string } };
    assert.equal(frozen.reason, "Quarrel");
    const seen = (await app.client(bob).get(`/api/chats/${chatId}`)).body;
    assert.equal(seen.frozen.reason, "Quarrel");
    assert.ok(!JSON.stringify(seen).includes(chief.id), "the administrator is not shown");

    await using owner = await way.open(app, ann.token);
    await using author = await way.open(app, bob.token);
    const inChat: [string, Input, typeof owner][] = [
      ["message.send", { chatId, text: "more" }, author],
      ["message.edit", { messageId, text: "other" }, author],
      ["message.react", { messageId, emoji: "👍" }, owner],
      ["message.pin", { messageId }, owner],
      ["event.send", { chatId, type: "wave" }, owner],
      ["typing.start", { chatId }, author],
      ["chat.update", { chatId, custom: { a: 1 } }, owner],
      ["member.update", { chatId, custom: { a: 1 } }, author],
      ["group.update", { groupId: chatId, name: "Balloons" }, owner],
      ["group.add", { groupId: chatId, userIds: [eve.id] }, owner],
      ["group.invite", { groupId: chatId, userIds: [eve.id] }, owner],
      ["group.role", { groupId: chatId, userId: bob.id, role: "admin" }, owner],
      ["hook.create", { chatId, name: "CI" }, owner],
    ];
    for (const [name, input, by] of inChat) {
      const operation = app.app.operations.find((one) => one.name === name)!;
      if (!way.offers(operation)) continue;
      const { ok, error } = await by.run(operation, input);
      assert.deepEqual([name, ok, error?.code], [name, false, "chat_frozen"]);
      if (way.name === "REST") assert.equal(error?.status, 403);
    }
    const inbox = (await app.client(ann).get("/api/chats")).body.items;
    assert.equal(inbox[0].chat.frozen.reason, "Quarrel");

    assert.equal((await root.post(freeze, { frozen: false })).status, 200);
    const again = await app.client(bob).post("/api/messages", { chatId, text: "more" });
    assert.equal(again.status, 201);
    assert.equal((await app.client(bob).get(`/api/chats/${chatId}`)).body.frozen, undefined);
    const entries = (await newestEntries(app, 20)).filter((entry) => entry.chatId === chatId).slice(
      0,
      2,
    ).map(({ action, details }) => [action, details]);
    assert.deepEqual(entries, [
      ["chat.unfrozen", { reason: "" }],
      ["chat.frozen", { reason: "Quarrel" }],
    ]);
    assert.deepEqual(app.log, []);
  },
);

test(REST, "a frozen chat permits leaving, deleting, erasing and system messages", async (app) => {
  const { root: chief, ann, bob, eve } = await app.people("root", "ann", "bob", "eve");
  const root = await asAdmin(app, chief);
  const { chatId, messageId } = await aGroup(app, [ann, bob, eve]);
  await app.client(eve).post(`/api/messages/${messageId}/react`, { emoji: "👍" });
  await root.post(`/api/admin/chats/${chatId}/freeze`, { frozen: true });
  const direct = await app.client(ann).post("/api/chats", { userId: bob.id });
  assert.ok(direct.status < 300, "another chat is not affected");
  const key = await backendOf(app);
  const spoken = await key.post(`/api/admin/chats/${chatId}/messages`, { custom: { a: 1 } });
  assert.equal(spoken.status, 201, JSON.stringify(spoken.body));
  const path = `/api/groups/${chatId}/members`;
  assert.equal((await app.client(ann).delete(`${path}/${ann.id}`)).status, 204, "the owner leaves");
  const { body } = await root.get(`/api/admin/chats/${chatId}`);
  const roles = body.members.map(({ userId, role }: { userId: string; role: string }) => [
    userId,
    role,
  ]);
  assert.deepEqual(roles, [[bob.id, "owner"], [eve.id, "member"]]);
  const store = await app.openStore();
  await store.sessions.setAuthenticatedAt(eve.sessionId, app.clock.now());
  await store.close();
  const erased = await app.client(eve).send("DELETE", "/api/users/profile", {});
  assert.ok([202, 204].includes(erased.status), JSON.stringify(erased.body));
  await eventually("the reaction to be erased", async () => {
    const { items } = (await app.client(bob).get(`/api/messages/${chatId}`)).body;
    return items.some(({ id, reactions }: { id: string; reactions: unknown[] }) =>
      id === messageId && reactions.length === 0
    );
  });
  assert.equal((await app.client(bob).delete(`/api/messages/${messageId}`)).status, 204);
  assert.deepEqual(app.log, []);
});

test(REST, "nobody comes into a frozen chat by a webhook or an invitation", async (app) => {
  const { root: chief, ann, bob, eve } = await app.people("root", "ann", "bob", "eve");
  const root = await asAdmin(app, chief);
  const { chatId } = await aGroup(app, [ann, bob]);
  const hook = (await app.client(ann).post(`/api/chats/${chatId}/incoming-webhooks`, {
    name: "CI",
  })).body;
  const invited = await app.client(ann).post(`/api/groups/${chatId}/invitations`, {
    userIds: [eve.id],
  });
  assert.ok(invited.status < 300, JSON.stringify(invited.body));
  const [request] = (await app.client(eve).get("/api/requests")).body.items;
  await root.post(`/api/admin/chats/${chatId}/freeze`, { frozen: true });
  const post = await app.client().post(hook.path, { text: "Build failed" });
  assert.deepEqual([post.status, post.body.code], [403, "chat_frozen"]);
  const accept = () => app.client(eve).post(`/api/requests/${request.id}/accept`, {});
  assert.equal((await accept()).body.code, "chat_frozen");
  await root.post(`/api/admin/chats/${chatId}/freeze`, { frozen: false });
  assert.ok((await accept()).status < 300, "the request has stayed");
  assert.deepEqual(app.log, []);
});

test(REST, "in a frozen encrypted chat a Commit removes, and adds nothing", async (app) => {
  const { root: chief, ann, eve } = await app.people("root", "ann", "eve");
  const root = await asAdmin(app, chief);
  const [owner, other] = [await RawDevice.make(app, ann), await RawDevice.make(app, eve)];
  const group = await owner.newGroup();
  const { chatId } = group;
  const claimed = await owner.claim(eve.id);
  await root.post(`/api/admin/chats/${chatId}/freeze`, { frozen: true });
  await assert.rejects(owner.commit(group, { add: claimed }), /frozen/);
  const second = await owner.newGroup();
  await owner.commit(second, { add: await owner.claim(eve.id) });
  await other.join(second.chatId);
  await root.post(`/api/admin/chats/${second.chatId}/freeze`, { frozen: true });
  await owner.commit(second, { removeUserIds: [eve.id] });
  assert.equal(second.roster().length, 1);
  assert.deepEqual(app.log, []);
});

test(REST, "an administrator removes a member, and the owner's role is passed on", async (app) => {
  const { root: chief, ann, bob, eve } = await app.people("root", "ann", "bob", "eve");
  const root = await asAdmin(app, chief);
  const { chatId } = await aGroup(app, [ann, bob]);
  const at = (userId: string) => `/api/admin/chats/${chatId}/members/${userId}`;
  const reason = { reason: "harasses people" };
  assert.equal((await root.send("DELETE", at(eve.id), reason)).status, 404);
  assert.equal((await root.send("DELETE", at(ann.id), {})).status, 400, "a reason is needed");
  const gone = await root.send("DELETE", at(ann.id), reason);
  assert.equal(gone.status, 204, JSON.stringify(gone.body));
  assert.equal((await app.client(ann).get(`/api/chats/${chatId}`)).status, 404);
  const { body } = await root.get(`/api/admin/chats/${chatId}`);
  assert.deepEqual([body.members.length, body.members[0].role], [1, "owner"]);
  const [entry] = (await newestEntries(app, 3)).filter(({ action }) => action === "member.removed");
  assert.deepEqual([entry.actorId, entry.userId, entry.details.reason], [
    chief.id,
    ann.id,
    reason.reason,
  ]);
  const direct = (await app.client(ann).post("/api/chats", { userId: bob.id })).body.id;
  const refused = await root.send("DELETE", `/api/admin/chats/${direct}/members/${bob.id}`, reason);
  assert.deepEqual([refused.status, refused.body.code], [409, "conflict"]);
  assert.deepEqual(app.log, []);
});

test(REST, "a removed member of an encrypted group gets nothing more", async (app) => {
  const { root: chief, ann, eve } = await app.people("root", "ann", "eve");
  const root = await asAdmin(app, chief);
  const [owner, other] = [await RawDevice.make(app, ann), await RawDevice.make(app, eve)];
  const group = await owner.newGroup();
  await owner.commit(group, { add: await owner.claim(eve.id) });
  await other.join(group.chatId);
  const path = `/api/admin/chats/${group.chatId}/members/${eve.id}`;
  assert.equal((await root.send("DELETE", path, { reason: "spam" })).status, 204);
  assert.equal((await app.client(eve).get(`/api/messages/${group.chatId}`)).status, 404);
  await owner.commit(group, { removeUserIds: [eve.id] });
  assert.equal(group.roster().length, 1, "a member removes the devices");
  assert.deepEqual(app.log, []);
});

test(REST, "administrators list chats by their properties, newest first", async (app) => {
  const { root: chief, ann, bob, mallory } = await app.people("root", "ann", "bob", "mallory");
  const root = await asAdmin(app, chief);
  const kites = await aGroup(app, [ann, bob], "Kites and balloons");
  app.clock.ahead += 60_000;
  const boats = await aGroup(app, [bob, mallory], "Boats");
  const direct = (await app.client(ann).post("/api/chats", { userId: bob.id })).body.id;
  await root.post(`/api/admin/chats/${boats.chatId}/freeze`, { frozen: true });
  const listed = async (query: string) => {
    const { status, body } = await root.get(`/api/admin/chats?${query}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body.items.map(({ id }: { id: string }) => id);
  };
  assert.deepEqual(await listed(""), [direct, boats.chatId, kites.chatId]);
  assert.deepEqual(await listed("q=ball"), [kites.chatId]);
  assert.deepEqual(await listed("q=%21"), [], "a query without words finds nothing");
  assert.deepEqual(await listed("kind=direct"), [direct]);
  assert.deepEqual(await listed("frozen=true"), [boats.chatId]);
  assert.deepEqual(await listed("frozen=false&kind=group"), [kites.chatId]);
  assert.deepEqual(await listed(`memberId=${ann.id}`), [direct, kites.chatId]);
  assert.deepEqual(await listed(`memberId=${ann.id}&q=kites`), [kites.chatId]);
  const first = (await root.get("/api/admin/chats?limit=2")).body;
  assert.deepEqual(await listed(`limit=2&cursor=${first.next}`), [kites.chatId]);
  for (const each of ["", `memberId=${bob.id}&`]) {
    const created = (await root.get(`/api/admin/chats/${boats.chatId}`)).body.createdAt;
    assert.deepEqual(await listed(`${each}createdBefore=${created}`), [kites.chatId], each);
    const since = await listed(`${each}createdAfter=${created}`);
    assert.deepEqual(since, [direct, boats.chatId], each);
    assert.deepEqual(await listed(`${each}createdAfter=${created}&kind=group`), [boats.chatId]);
    assert.deepEqual(await listed(`${each}frozen=true&kind=direct`), []);
  }
  const nothing = await root.get(`/api/admin/chats/${chief.id}`);
  assert.deepEqual([nothing.status, nothing.body.code], [404, "not_found"]);
  const soon = new Date(app.clock.now() + 60_000).toISOString();
  assert.deepEqual(await listed(`createdAfter=${soon}`), []);
  for (const path of ["/api/admin/chats", `/api/admin/chats/${direct}`]) {
    assert.equal((await app.client(mallory).get(path)).status, 403);
    const limited = await backendOf(app, { scopes: ["chats:read", "act_as"] });
    assert.equal((await limited.get(path)).status, 403);
  }
  assert.deepEqual(app.log, []);
});
