import assert from "node:assert/strict";
import type { Message } from "../../src/model/message.ts";
import { TRANSPORTS } from "../support/transports.ts";
import { eventually } from "../support/eventually.ts";
import type { Person } from "../support/people.ts";
import type { RunningApp } from "../support/running_app.ts";
import { attacks, REST } from "./attacks.ts";
import { SOCKETS } from "./entrances.ts";

/** Ways to add users to chats, or to write to them, against their will. */

const attack = attacks();

const chatsOf = async (app: RunningApp, person: Person): Promise<string[]> => {
  const { body } = await app.client(person).post("/api/sync", { cursors: {} });
  return body.items.map(({ chatId }: { chatId: string }) => chatId);
};

const choose = async (app: RunningApp, person: Person, settings: Record<string, string>) => {
  const { status } = await app.client(person).put("/api/users/contact-settings", settings);
  assert.equal(status, 200);
};

const requestsOf = async (app: RunningApp, person: Person) =>
  (await app.client(person).get("/api/requests")).body.items;

const operationOf = (app: RunningApp, name: string) =>
  app.app.operations.find((operation) => operation.name === name)!;

attack(REST, "many strangers cannot fill a user's list of chats", async (app) => {
  const { victim, ...strangers } = await app.people("victim", "a", "b", "c", "d", "e", "f");
  const groups: string[] = [];
  for (const stranger of Object.values(strangers)) {
    for (let i = 0; i < 5; i++) {
      const http = app.client(stranger);
      const created = await http.post("/api/groups", { name: `${i}`, memberIds: [victim.id] });
      assert.equal(created.status, 201, JSON.stringify(created.body));
      groups.push(created.body.id);
    }
  }
  assert.equal((await chatsOf(app, victim)).length, 4);
  const http = app.client(strangers.f);
  const refused = await http.post(`/api/groups/${groups.at(-1)}/members`, {
    userIds: [victim.id],
  });
  assert.deepEqual([refused.status, refused.body.code], [429, "rate_limited"]);
  assert.ok(refused.body.retryAfter > 0);
  const opened = await http.post("/api/chats", { userId: victim.id });
  assert.deepEqual([opened.status, opened.body.code], [429, "rate_limited"]);
  const own = await app.client(victim).post("/api/groups", { name: "Mine" });
  assert.equal(own.status, 201, "the user's own actions are not limited by it");
}, { RATE_STRANGERS: "4/1h" });

attack(
  REST,
  "a batch names the users over the limit to the caller, and adds the others",
  async (app) => {
    const { ann, full, free, eve } = await app.people("ann", "full", "free", "eve");
    await app.client(eve).post("/api/groups", { name: "First", memberIds: [full.id] });
    const memberIds = [full.id, free.id];
    const { body } = await app.client(ann).post("/api/groups", { name: "Second", memberIds });
    const members = body.members.map(({ userId }: { userId: string }) => userId);
    assert.deepEqual(members, [ann.id, free.id]);
    const [{ retryAfter, ...named }, ...more] = body.notAdded;
    assert.deepEqual([named, more], [{ userId: full.id, reason: "rate_limited" }, []]);
    assert.ok(retryAfter > 3_000 && retryAfter <= 3_600);
  },
  { RATE_STRANGERS: "1/1h" },
);

attack(
  REST,
  "a group that the user has not opened makes no member known to them",
  async (app) => {
    const { ann, eve } = await app.people("ann", "eve");
    const http = app.client(eve);
    const first = await http.post("/api/groups", { name: "1", memberIds: [ann.id] });
    const second = await http.post("/api/groups", { name: "2", memberIds: [ann.id] });
    assert.deepEqual([first.body.notAdded.length, second.body.notAdded.length], [0, 1]);
    const sent = await http.post("/api/messages", { chatId: first.body.id, text: "hello" });
    await app.client(ann).post(`/api/chats/${first.body.id}/read`, { seq: sent.body.seq });
    const third = await http.post("/api/groups", { name: "3", memberIds: [ann.id] });
    assert.deepEqual(third.body.notAdded, [], "they have read in a common group");
  },
  { RATE_STRANGERS: "1/1h" },
);

attack(REST, "no user is in more chats than the limit", async (app) => {
  const { ann, bob, eve } = await app.people("ann", "bob", "eve");
  const http = app.client(eve);
  const memberIds = [ann.id, bob.id];
  const group = async () => (await http.post("/api/groups", { name: "G", memberIds })).body;
  for (let i = 0; i < 3; i++) assert.deepEqual((await group()).notAdded, []);
  assert.equal((await http.post("/api/groups", { name: "G" })).status, 409, "eve's are counted");
  const other = app.client(bob);
  await other.delete(`/api/groups/${(await chatsOf(app, bob))[0]}/members/${bob.id}`);
  const { body } = await other.post("/api/groups", { name: "Bob's", memberIds: [ann.id] });
  assert.deepEqual(body.notAdded, [{ userId: ann.id, reason: "full" }]);
  const added = await other.post(`/api/groups/${body.id}/members`, { userIds: [ann.id] });
  assert.deepEqual([added.status, added.body.code], [409, "conflict"]);
  await other.delete(`/api/groups/${body.id}/members/${bob.id}`);
  const opened = await other.post("/api/chats", { userId: ann.id });
  assert.deepEqual([opened.status, opened.body.code], [403, "forbidden"]);
  assert.equal((await chatsOf(app, ann)).length, 3);
}, { LIMIT_CHATS_PER_USER: "3" });

attack(
  TRANSPORTS,
  "a chat opened by a message counts towards the limit of opened chats",
  async (app, transport) => {
    const { ann, bob, carol, dave } = await app.people("ann", "bob", "carol", "dave");
    await using there = await transport.open(app, ann.token);
    const send = (recipientId: string) =>
      there.run(operationOf(app, "message.send"), { recipientId, text: "hello" });
    for (const { id } of [bob, carol]) assert.equal((await send(id)).ok, true);
    const refused = await send(dave.id);
    assert.equal(refused.error?.code, "rate_limited");
    assert.equal((await send(bob.id)).ok, true, "an existing chat is not counted");
    assert.equal((await chatsOf(app, dave)).length, 0);
  },
  { RATE_JOIN: "2/1h" },
);

attack(
  TRANSPORTS,
  "an account without a confirmed address reaches few strangers",
  async (app, transport) => {
    const { eve, ann, bob, carol } = await app.people("eve", "ann", "bob", "carol");
    await using there = await transport.open(app, eve.token);
    const send = (recipientId: string) =>
      there.run(operationOf(app, "message.send"), { recipientId, text: "hello" });
    for (const { id } of [ann, bob]) assert.equal((await send(id)).ok, true);
    assert.equal((await send(carol.id)).error?.code, "rate_limited");
    const group = await app.client(eve).post("/api/groups", { name: "G", memberIds: [carol.id] });
    assert.equal(group.body.notAdded[0].reason, "rate_limited");
    const store = await app.openStore();
    await store.users.update(eve.id, { emailVerifiedAt: 1 });
    await store.close();
    assert.equal((await send(carol.id)).ok, true);
  },
  {
    RATE_UNCONFIRMED: "2/1d",
    SMTP_URL: "smtp://127.0.0.1:1",
    MAIL_FROM: "chat@example.org",
    PUBLIC_URL: "https://chat.example.org",
  },
);

attack(
  SOCKETS,
  "an invitation waits for consent, and nothing of the group is delivered before",
  async (app, socket) => {
    const { ann, bob } = await app.people("ann", "bob");
    await choose(app, bob, { addToGroups: "nobody" });
    await using his = await socket.hold(app, bob.token);
    await using hers = await socket.hold(app, ann.token);
    const http = app.client(ann);
    const { body: group } = await http.post("/api/groups", { name: "G", memberIds: [bob.id] });
    assert.deepEqual(group.notAdded, [{ userId: bob.id, reason: "invited" }]);
    await http.post("/api/messages", { chatId: group.id, text: "secret" });
    const [request] = await requestsOf(app, bob);
    assert.equal(request.kind, "group");
    assert.deepEqual([request.from.id, request.chat.name], [ann.id, "G"]);
    const announced = () => his.events.filter(({ event }) => event === "notification");
    await eventually("the notification", () => announced().length > 0);
    assert.deepEqual(await chatsOf(app, bob), []);
    assert.equal((await app.client(bob).get(`/api/messages/${group.id}`)).status, 404);
    assert.deepEqual(his.events.filter(({ chatId }) => chatId === group.id), []);
    const again = await http.post(`/api/groups/${group.id}/members`, { userIds: [bob.id] });
    assert.equal(again.body.notAdded[0].reason, "invited");
    assert.equal((await requestsOf(app, bob)).length, 1, "asking twice is one request");
    assert.equal((await http.get("/api/requests/sent")).body.items.length, 1);

    const accepted = await app.client(bob).post(`/api/requests/${request.id}/accept`);
    assert.equal(accepted.status, 200, JSON.stringify(accepted.body));
    assert.equal(accepted.body.members.length, 2);
    const states = () =>
      hers.events.filter(({ event }) => event === "contact.request")
        .map(({ data }) => (data as { state: string }).state);
    await eventually("the sender is notified", () => states().includes("accepted"));
    assert.deepEqual(states(), ["pending", "accepted"]);
    assert.deepEqual(await chatsOf(app, bob), [group.id]);
    assert.deepEqual(await requestsOf(app, bob), []);
    const removed = () => his.events.some(({ event }) => event === "notification.removed");
    await eventually("the notification is withdrawn", removed);
    const { body: notifications } = await app.client(bob).get("/api/notifications");
    assert.deepEqual(notifications.items, []);
    assert.equal((await app.client(bob).post(`/api/requests/${request.id}/accept`)).status, 404);
  },
);

attack(
  REST,
  "a blocked person joins no chat by the request that the blocker has sent before",
  async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    await choose(app, bob, { write: "nobody" });
    const [hers, his] = [app.client(ann), app.client(bob)];
    const { body: { chatId } } = await hers.post("/api/messages", {
      recipientId: bob.id,
      text: "hello",
    });
    const set = (blocked: boolean) =>
      hers.post("/api/users/block", { userId: bob.id, ...(!blocked && { unblock: true }) });
    assert.equal((await set(true)).status, 200);
    const opened = await his.post("/api/chats", { userId: ann.id });
    assert.deepEqual([opened.status, opened.body.code], [404, "not_found"]);
    const sent = await his.post("/api/messages", { recipientId: ann.id, text: "x" });
    assert.deepEqual([sent.status, sent.body.code], [404, "not_found"]);
    assert.deepEqual(await chatsOf(app, bob), []);
    assert.equal((await hers.get(`/api/chats/${chatId}`)).body.memberCount, 1);
    assert.equal((await set(false)).status, 200);
    assert.equal((await his.post("/api/chats", { userId: ann.id })).body.id, chatId);
  },
);

attack(REST, "other users cannot fill a user's list of notifications", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const { body: chat } = await app.client(bob).post("/api/chats", { userId: ann.id });
  let newest = "";
  for (let i = 0; i < 15; i++) {
    const send = { chatId: chat.id, text: `${i}`, mentions: [ann.id] };
    newest = (await app.client(bob).post("/api/messages", send)).body.id;
  }
  const list = async () => (await app.client(ann).get("/api/notifications?limit=100")).body.items;
  await eventually("the newest ten are kept", async () => {
    const items = await list();
    return items.length === 10 && items[0].messageId === newest;
  });
}, { LIMIT_NOTIFICATIONS: "10" });

attack(
  REST,
  "requests can be declined and withdrawn, expire, and are hidden from others",
  async (app) => {
    const { ann, bob, eve } = await app.people("ann", "bob", "eve");
    await choose(app, bob, { addToGroups: "shared", write: "shared" });
    const [http, his] = [app.client(ann), app.client(bob)];
    const group = (await http.post("/api/groups", { name: "G" })).body;
    const invite = () => http.post(`/api/groups/${group.id}/invitations`, { userIds: [bob.id] });
    await invite();
    const [first] = await requestsOf(app, bob);
    for (const person of [ann, eve]) {
      const other = app.client(person);
      assert.equal((await other.post(`/api/requests/${first.id}/accept`)).status, 404);
      assert.equal((await other.post(`/api/requests/${first.id}/decline`)).status, 404);
    }
    for (const person of [bob, eve]) {
      assert.equal((await app.client(person).delete(`/api/requests/${first.id}`)).status, 404);
    }
    assert.equal((await http.delete(`/api/requests/${first.id}`)).status, 204);
    assert.deepEqual(await requestsOf(app, bob), []);

    await invite();
    const [second] = await requestsOf(app, bob);
    assert.equal((await his.post(`/api/requests/${second.id}/decline`)).status, 204);
    assert.equal((await his.post(`/api/requests/${second.id}/accept`)).status, 404);
    assert.equal((await http.delete(`/api/requests/${second.id}`)).status, 404);
    await invite();
    assert.deepEqual(await requestsOf(app, bob), [], "a declined request is not repeated");
    app.clock.ahead += 120_000;
    await invite();
    const [third] = await requestsOf(app, bob);
    app.clock.ahead += 120_000;
    assert.deepEqual(await requestsOf(app, bob), []);
    assert.equal((await his.post(`/api/requests/${third.id}/accept`)).status, 404);
    assert.deepEqual(await chatsOf(app, bob), []);
  },
  { LIMIT_CONTACT_REQUEST_MS: "120000" },
);

attack(REST, "an invitation is valid only while its sender may add members", async (app) => {
  const { ann, admin, bob } = await app.people("ann", "admin", "bob");
  await choose(app, bob, { addToGroups: "nobody" });
  const memberIds = [admin.id];
  const { body: group } = await app.client(ann).post("/api/groups", { name: "G", memberIds });
  const role = (role: string) =>
    app.client(ann).put(`/api/groups/${group.id}/admin`, { userId: admin.id, role });
  await role("admin");
  await app.client(admin).post(`/api/groups/${group.id}/members`, { userIds: [bob.id] });
  await role("member");
  const [{ id }] = await requestsOf(app, bob);
  const accept = () => app.client(bob).post(`/api/requests/${id}/accept`);
  assert.equal((await accept()).status, 404);
  await role("admin");
  assert.equal((await accept()).status, 200);
});

attack(
  TRANSPORTS,
  "a user who may not write can send one message, which waits for consent",
  async (app, transport) => {
    const { ann, bob } = await app.people("ann", "bob");
    await choose(app, bob, { write: "shared" });
    await using there = await transport.open(app, ann.token);
    const send = (fields: Record<string, string>) =>
      there.run(operationOf(app, "message.send"), { text: "hello", ...fields });
    const first = await send({ recipientId: bob.id, clientId: "1" });
    assert.equal(first.ok, true, JSON.stringify(first.error));
    const { chatId } = first.data as Message;
    assert.equal((await send({ recipientId: bob.id, clientId: "1" })).data.id, first.data.id);
    assert.equal((await send({ recipientId: bob.id })).error?.code, "forbidden");
    assert.equal((await send({ chatId })).error?.code, "forbidden");
    assert.deepEqual(await chatsOf(app, bob), []);
    const [request] = await requestsOf(app, bob);
    assert.deepEqual([request.kind, request.text, request.chatId], ["direct", "hello", chatId]);
    assert.equal((await app.client(bob).post(`/api/requests/${request.id}/accept`)).status, 200);
    assert.equal((await send({ chatId })).ok, true);
    assert.deepEqual(await chatsOf(app, bob), [chatId]);
  },
);

attack(TRANSPORTS, "writing to the sender of a request is consent", async (app, transport) => {
  const { ann, bob } = await app.people("ann", "bob");
  for (const person of [ann, bob]) await choose(app, person, { write: "nobody" });
  const opened = await app.client(ann).post("/api/chats", { userId: bob.id });
  assert.equal(opened.status, 201);
  await using there = await transport.open(app, bob.token);
  const send = operationOf(app, "message.send");
  const sent = await there.run(send, { recipientId: ann.id, text: "hi" });
  assert.equal(sent.ok, true, JSON.stringify(sent.error));
  assert.equal(sent.data.chatId, opened.body.id);
  assert.deepEqual(await requestsOf(app, bob), []);
  const { body } = await app.client(ann).post("/api/messages", { recipientId: bob.id, text: "x" });
  assert.equal(body.chatId, opened.body.id);
});

attack(
  TRANSPORTS,
  "a withdrawn or expired request lets nobody write to its sender",
  async (app, transport) => {
    const { ann, bob } = await app.people("ann", "bob");
    for (const person of [ann, bob]) await choose(app, person, { write: "nobody" });
    const [http, his] = [app.client(ann), app.client(bob)];
    const { body: chat } = await http.post("/api/chats", { userId: bob.id });
    const [request] = await requestsOf(app, bob);
    await using there = await transport.open(app, bob.token);
    const write = () =>
      there.run(operationOf(app, "message.send"), { recipientId: ann.id, text: "hi" });
    const assertKeptOut = async () => {
      assert.equal((await write()).error?.code, "forbidden");
      assert.equal((await his.post("/api/chats", { userId: ann.id })).status, 403);
      assert.deepEqual(await chatsOf(app, bob), []);
    };
    assert.equal((await http.delete(`/api/requests/${request.id}`)).status, 204);
    await assertKeptOut();

    assert.equal((await http.post("/api/chats", { userId: bob.id })).body.id, chat.id);
    app.clock.ahead += 120_000;
    await assertKeptOut();

    await choose(app, ann, { write: "everyone" });
    assert.equal((await write()).data?.chatId, chat.id);
    assert.deepEqual(await chatsOf(app, bob), [chat.id]);
  },
  { LIMIT_CONTACT_REQUEST_MS: "120000" },
);

attack(
  REST,
  "a person who has declined a request may write to its sender",
  async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    for (const person of [ann, bob]) await choose(app, person, { write: "nobody" });
    const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
    const [request] = await requestsOf(app, bob);
    const his = app.client(bob);
    assert.equal((await his.post(`/api/requests/${request.id}/decline`)).status, 204);
    assert.equal((await his.post("/api/chats", { userId: ann.id })).body.id, chat.id);
  },
);

attack(REST, "requests to one user are bounded, and a block hides them", async (app) => {
  const { bob, a, b, c } = await app.people("bob", "a", "b", "c");
  await choose(app, bob, { addToGroups: "nobody", write: "nobody" });
  const write = (person: Person) =>
    app.client(person).post("/api/messages", { recipientId: bob.id, text: "hello" });
  for (const person of [a, b]) assert.equal((await write(person)).status, 201);
  const refused = await write(c);
  assert.deepEqual([refused.status, refused.body.code], [429, "rate_limited"]);
  assert.deepEqual(await chatsOf(app, c), [], "nothing was created");
  const group = await app.client(c).post("/api/groups", { name: "G", memberIds: [bob.id] });
  assert.equal(group.body.notAdded[0].reason, "rate_limited");
  await app.client(bob).post("/api/users/block", { userId: a.id });
  const [left, ...more] = await requestsOf(app, bob);
  assert.deepEqual([left.from.id, more], [b.id, []]);
  const mine = await app.client(a).get("/api/requests/sent");
  assert.equal(mine.body.items.length, 1, "the block is not revealed");
}, { LIMIT_CONTACT_REQUESTS: "2" });

attack(
  REST,
  "adding to a group does not distinguish a blocker from an unknown user",
  async (app) => {
    const { ann, bob, eve } = await app.people("ann", "bob", "eve");
    await choose(app, ann, { addToGroups: "nobody", write: "nobody" });
    await app.client(ann).post("/api/users/block", { userId: eve.id });
    const http = app.client(eve);
    const { body: group } = await http.post("/api/groups", { name: "G" });
    const unknown = "0190a6e4-0000-7000-8000-000000000000";
    const ask = (path: string, body: (id: string) => unknown) => async (id: string) => {
      const { status, body: answer } = await http.post(path, body(id));
      return [status, JSON.stringify(answer).replaceAll(id, "ID")];
    };
    for (
      const to of [
        ask("/api/groups", (id) => ({ name: "x", memberIds: [bob.id, id] })),
        ask(`/api/groups/${group.id}/members`, (id) => ({ userIds: [bob.id, id] })),
        ask(`/api/groups/${group.id}/invitations`, (id) => ({ userIds: [bob.id, id] })),
        ask("/api/chats", (id) => ({ userId: id })),
        ask("/api/messages", (id) => ({ recipientId: id, text: "x" })),
      ]
    ) {
      assert.deepEqual(await to(ann.id), await to(unknown));
      assert.equal((await to(ann.id))[0], 404);
    }
  },
);

attack(
  REST,
  "the configuration sets the default for all users, and each may change it",
  async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    const settings = async () => (await app.client(bob).get("/api/users/contact-settings")).body;
    assert.deepEqual(await settings(), { addToGroups: "shared", write: "nobody" });
    const created = await app.client(ann).post("/api/groups", { name: "G", memberIds: [bob.id] });
    assert.equal(created.body.notAdded[0].reason, "invited");
    await choose(app, bob, { write: "everyone" });
    assert.deepEqual(await settings(), { addToGroups: "shared", write: "everyone" });
    const sent = await app.client(ann).post("/api/messages", { recipientId: bob.id, text: "hi" });
    assert.deepEqual(await chatsOf(app, bob), [sent.body.chatId]);
    await app.client(bob).post("/api/messages", { recipientId: ann.id, text: "hello" });
    await app.client(bob).post(`/api/chats/${sent.body.chatId}/read`, { seq: 9 });
    const second = await app.client(ann).post("/api/groups", { name: "H", memberIds: [bob.id] });
    assert.deepEqual(second.body.notAdded, [], "they share a chat now");
  },
  { CONTACT_ADD_TO_GROUPS: "shared", CONTACT_WRITE: "nobody" },
);
