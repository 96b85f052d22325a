import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { eventually } from "../support/eventually.ts";
import type { RunningApp } from "../support/running_app.ts";
import { attacks, REST } from "./attacks.ts";

/** Invitations that have had their effect in another way, or can have none any more. */

const attack = attacks();

async function inGroup(app: RunningApp) {
  const people = await app.people("ann", "admin", "bob");
  const [ann, admin, bob] = [people.ann, people.admin, people.bob].map((one) => app.client(one));
  const { body: group } = await ann.post("/api/groups", {
    name: "Group",
    memberIds: [people.admin.id],
  });
  const path = `/api/groups/${group.id}`;
  const setRole = async (role: string) => {
    const { status } = await ann.put(`${path}/admin`, { userId: people.admin.id, role });
    assert.equal(status, 200);
  };
  await setRole("admin");
  const invite = async (by: typeof ann) => {
    const { body } = await by.post(`${path}/invitations`, { userIds: [people.bob.id] });
    assert.equal(body.notAdded?.[0]?.reason, "invited", JSON.stringify(body));
  };
  const received = async () => (await bob.get("/api/requests")).body.items;
  const accept = async ({ id }: { id: string }) =>
    (await bob.post(`/api/requests/${id}/accept`, {})).status;
  return { ...people, http: { ann, admin, bob }, group, path, setRole, invite, received, accept };
}

attack(REST, "a removed member cannot return by an earlier invitation", async (app) => {
  const { bob, http, path, invite, received, accept } = await inGroup(app);
  await invite(http.ann);
  const [invitation] = await received();
  assert.equal((await http.ann.post(`${path}/members`, { userIds: [bob.id] })).status, 200);
  await eventually("the invitation is gone", async () => (await received()).length === 0);
  const sent = await http.ann.get("/api/requests/sent");
  assert.deepEqual(sent.body.items, [], "it is gone for its sender too");
  assert.equal((await http.ann.delete(`${path}/members/${bob.id}`)).status, 204);
  assert.equal(await accept(invitation), 404);
  assert.equal((await http.bob.get(path)).status, 404);

  await invite(http.ann);
  const [another] = await received();
  assert.equal(await accept(another), 200, "a new invitation is as good as any");
});

attack(REST, "an invitation from before a removal is spent, although it is stored", async (app) => {
  const { ann, bob, http, group, path, invite, received, accept } = await inGroup(app);
  await http.ann.post(`${path}/members`, { userIds: [bob.id] });
  // A crash between the commit and the closing of the request leaves it behind.
  const store = await app.openStore();
  const createdAt = app.clock.now();
  const stored = { id: newId(), kind: "group" as const, fromId: ann.id, userId: bob.id };
  const times = { createdAt, expiresAt: createdAt + 1_000_000, declinedAt: null };
  const limits = { received: 9, sent: 9 };
  const leave = async () => {
    await store.contacts.addRequest({ ...stored, ...times, id: newId(), chatId: group.id }, limits);
  };
  app.clock.ahead += 1_000;
  assert.equal((await http.ann.delete(`${path}/members/${bob.id}`)).status, 204);
  await leave();
  const [invitation] = await received();
  assert.equal(await accept(invitation), 404);
  assert.equal((await http.bob.get(path)).status, 404);
  assert.deepEqual(await received(), [], "the refused invitation is gone");

  await leave();
  await invite(http.ann);
  const [another] = await received();
  assert.notEqual(another.id, invitation.id);
  assert.equal(await accept(another), 200, "the spent one does not keep out a new one");
  await store.close();
});

attack(REST, "an invitation that cannot be accepted keeps out no other", async (app) => {
  const { http, setRole, invite, received, accept } = await inGroup(app);
  await invite(http.admin);
  await setRole("member");
  await invite(http.ann);
  const [invitation, ...more] = await received();
  assert.deepEqual([invitation.from.username, more], ["ann", []]);
  assert.equal(await accept(invitation), 200);
  assert.equal((await http.bob.get("/api/chats")).body.items.length, 1);
});

attack(REST, "an invitation by a blocked person keeps out no other", async (app) => {
  const { admin, http, invite, received, accept } = await inGroup(app);
  await invite(http.admin);
  await http.bob.post("/api/users/block", { userId: admin.id });
  assert.deepEqual(await received(), []);
  await invite(http.ann);
  const [invitation] = await received();
  assert.equal(invitation.from.username, "ann");
  assert.equal(await accept(invitation), 200);
});

attack(REST, "a declined invitation keeps out others until it expires", async (app) => {
  const { http, setRole, invite, received } = await inGroup(app);
  await invite(http.admin);
  const [{ id }] = await received();
  assert.equal((await http.bob.post(`/api/requests/${id}/decline`, {})).status, 204);
  await setRole("member");
  await invite(http.ann);
  assert.deepEqual(await received(), []);
});
