import assert from "node:assert/strict";
import { attacks, REST } from "../security/attacks.ts";
import { backendOf } from "../support/api_keys.ts";
import { eventually } from "../support/eventually.ts";
import type { Person } from "../support/people.ts";
import type { RunningApp } from "../support/running_app.ts";
import { WsClient } from "../support/ws_client.ts";
import { asAdmin, newestEntries } from "./administrators.ts";

const test = attacks();

interface Seen {
  id: string;
  text: string;
}

const texts = (items: Seen[]) => items.map(({ text }) => text);

async function shadow(app: RunningApp, chief: Person, userId: string, shadowed = true) {
  const root = await asAdmin(app, chief);
  const answer = await root.put(`/api/admin/users/${userId}/shadow`, { shadowed, reason: "Spam" });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal(answer.body.shadowedAt !== null, shadowed);
}

/** A group in which everybody has written, before the spammer is shadowed. */
async function world(app: RunningApp) {
  const people = await app.people("root", "ann", "bob", "spammer");
  const { ann, bob, spammer } = people;
  const members = { name: "Kites", memberIds: [bob.id, spammer.id] };
  const made = await app.client(ann).post("/api/groups", members);
  const chatId: string = made.body.id;
  const send = async (by: Person, text: string, more: object = {}) => {
    const { status, body } = await app.client(by).post("/api/messages", { chatId, text, ...more });
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  const first = await send(ann, "hello");
  const early = await send(spammer, "nice to meet you");
  await shadow(app, people.root, spammer.id);
  return { ...people, chatId, send, first, early };
}

test(
  REST,
  "only a shadowed person sees what they send: history, search, inbox and unread",
  async (app) => {
    const { ann, bob, spammer, chatId, send } = await world(app);
    await send(spammer, "buy pills 1");
    await send(bob, "who is that?");
    const last = await send(spammer, "buy pills 2", { mentions: [ann.id] });
    const history = async (by: Person, query = "") =>
      texts((await app.client(by).get(`/api/messages/${chatId}${query}`)).body.items);
    const shown = ["who is that?", "nice to meet you", "hello"];
    const all = ["buy pills 2", "who is that?", "buy pills 1", "nice to meet you", "hello"];
    assert.deepEqual(await history(ann), shown);
    assert.deepEqual(await history(spammer), all);
    assert.deepEqual(await history(ann, "?after=0"), shown.toReversed());
    const pages: string[] = [];
    for (let before = ""; pages.length < 10;) {
      const { body } = await app.client(ann).get(`/api/messages/${chatId}?limit=1${before}`);
      pages.push(...texts(body.items));
      if (body.next === null) break;
      before = `&before=${body.next}`;
    }
    assert.deepEqual(pages, shown, "pages have no gaps");
    const search = async (by: Person) =>
      texts((await app.client(by).get("/api/messages/search?q=pills")).body.items);
    assert.deepEqual([await search(ann), await search(spammer)], [[], [
      "buy pills 2",
      "buy pills 1",
    ]]);
    const inbox = async (by: Person) => (await app.client(by).get("/api/chats")).body.items[0];
    const hers = await inbox(ann);
    assert.deepEqual([hers.lastMessage.text, hers.unread, hers.mentions], ["who is that?", 2, 0]);
    assert.equal((await inbox(spammer)).lastMessage.text, "buy pills 2");
    const about = { userId: spammer.id, messageId: last.id, reason: "spam" };
    assert.equal((await app.client(ann).post("/api/users/report", about)).status, 404);
    const react = await app.client(ann).post(`/api/messages/${last.id}/react`, { emoji: "👍" });
    assert.equal(react.status, 404);
    assert.equal((await app.client(ann).delete(`/api/messages/${last.id}`)).status, 404);
    const reply = { chatId, text: "what?", replyTo: last.id };
    assert.equal((await app.client(ann).post("/api/messages", reply)).status, 404);
    assert.deepEqual(app.log, []);
  },
);

test(REST, "a decision that changes nothing is neither made nor recorded", async (app) => {
  const { root: chief, ann } = await app.people("root", "ann");
  const root = await asAdmin(app, chief);
  const at = `/api/admin/users/${ann.id}`;
  const unsuspend = () => root.post(`${at}/unsuspend`, {});
  const shadowed = async (shadowed: boolean) => {
    app.clock.ahead += 1_000;
    const { status, body } = await root.put(`${at}/shadow`, { shadowed, reason: "Spam" });
    assert.equal(status, 200, JSON.stringify(body));
    return body.shadowedAt as string | null;
  };
  assert.equal((await unsuspend()).status, 200);
  assert.equal(await shadowed(false), null);
  const since = await shadowed(true);
  assert.equal(await shadowed(true), since);
  assert.equal(await shadowed(false), null);
  const made = (await newestEntries(app, 20)).map(({ action }) => action)
    .filter((action) => action.startsWith("user."));
  assert.deepEqual(made, ["user.unshadowed", "user.shadowed"]);
  for (const path of ["unsuspend", "suspend", "shadow"]) {
    const nobody = `/api/admin/users/0190a6e4-0000-7000-8000-000000000000/${path}`;
    const body = path === "unsuspend"
      ? {}
      : { reason: "Spam", ...(path === "shadow" && { shadowed: true }) };
    const { status } = await root.send(path === "shadow" ? "PUT" : "POST", nobody, body);
    assert.equal(status, 404, path);
  }
  assert.deepEqual(app.log, []);
});

test(REST, "live events and catching up cover the revisions of shadowed messages", async (app) => {
  const { ann, spammer, chatId, send, early } = await world(app);
  const open = async (by: Person) =>
    (await WsClient.connect(app.webSocketUrl, by.token, { [chatId]: early.rev })).client;
  await using hers = await open(ann);
  await using his = await open(spammer);
  await using other = await open(spammer);
  const sent = await send(spammer, "buy pills");
  await app.client(spammer).put(`/api/messages/${sent.id}`, { text: "buy more pills" });
  const end = await send(ann, "end");
  for (const client of [hers, his, other]) {
    await eventually("the end", () => JSON.stringify(client.events).includes(end.id));
  }
  assert.ok(JSON.stringify(his.events).includes("buy more pills"));
  assert.ok(JSON.stringify(other.events).includes("buy pills"), "on all devices of the sender");
  assert.ok(!JSON.stringify(hers.events).includes("pills"));
  assert.ok(!JSON.stringify(hers.events).includes(sent.id));
  for (const client of [hers, his]) {
    let cursor = early.rev;
    for (const { chatId: id, rev, after } of client.events) {
      if (id !== chatId || rev === undefined) continue;
      assert.equal(after ?? rev - 1, cursor, "no revision is missing");
      cursor = rev;
    }
    assert.equal(cursor, end.rev);
  }
  const sync = async (by: Person) => {
    const { body } = await app.client(by).post("/api/sync", { cursors: { [chatId]: early.rev } });
    return body.items.find((item: { chatId: string }) => item.chatId === chatId);
  };
  const [mine, spam] = [await sync(ann), await sync(spammer)];
  assert.deepEqual([texts(mine.messages), mine.rev], [["end"], end.rev]);
  assert.deepEqual(texts(spam.messages), ["buy more pills", "end"]);
  const path = `/api/chats/${chatId}/changes?after=${early.rev}`;
  assert.deepEqual(texts((await app.client(ann).get(path)).body.messages), ["end"]);
  assert.deepEqual(app.log, []);
});

test(
  REST,
  "a shadowed person reaches nobody: pushes, webhooks, requests, groups, reactions",
  async (app) => {
    const { root: chief, ann, bob, spammer, chatId, send, first, early } = await world(app);
    const { carl } = await app.people("carl");
    const mail = { recipientId: carl.id, text: "buy pills" };
    const direct = await app.client(spammer).post("/api/messages", mail);
    assert.equal(direct.status, 201, JSON.stringify(direct.body));
    assert.deepEqual((await app.client(carl).get("/api/chats")).body.items, []);
    assert.deepEqual((await app.client(carl).get("/api/requests")).body.items, []);
    const group = { name: "Cheap pills", memberIds: [ann.id, carl.id] };
    const made = await app.client(spammer).post("/api/groups", group);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.equal(made.body.members.length, 1);
    const inbox = (await app.client(ann).get("/api/chats")).body.items;
    assert.deepEqual(inbox.map(({ chat }: { chat: { id: string } }) => chat.id), [chatId]);
    assert.deepEqual((await app.client(ann).get("/api/requests")).body.items, []);
    await send(spammer, "buy pills", { mentions: [ann.id], replyTo: first.id });
    const reacted = await app.client(spammer).post(`/api/messages/${first.id}/react`, {
      emoji: "👍",
    });
    assert.equal(reacted.body.reactions.length, 1, "it looks done");
    await app.client(spammer).put(`/api/messages/${early.id}`, { text: "buy pills" });
    const hidden = await send(spammer, "pin this");
    const pin = await app.client(spammer).post("/api/messages/pin", { messageId: hidden.id });
    assert.notEqual(pin.body.pinnedAt, null);
    const store = await app.openStore();
    assert.deepEqual(await store.messages.pinned(chatId, 10), [], "it takes no pin of the chat");
    await store.close();
    const { items } = (await app.client(bob).get(`/api/messages/${chatId}`)).body;
    assert.deepEqual(texts(items), ["nice to meet you", "hello"]);
    assert.deepEqual(items.at(-1).reactions, []);
    const notices = (await app.client(ann).get("/api/notifications")).body.items;
    assert.deepEqual(notices, [], "neither a mention nor a reply nor a reaction");
    // Carl may still write to the person, and then both are members.
    const written = await app.client(carl).post("/api/messages", {
      recipientId: spammer.id,
      text: "Hi",
    });
    assert.equal(written.status, 201, JSON.stringify(written.body));
    assert.equal(written.body.chatId, direct.body.chatId);
    await shadow(app, chief, spammer.id, false);
    await send(spammer, "sorry");
    const after = texts((await app.client(bob).get(`/api/messages/${chatId}`)).body.items);
    assert.deepEqual(after, ["sorry", "nice to meet you", "hello"], "what was shadowed stays so");
    assert.deepEqual(app.log, []);
  },
);

test(REST, "a shadowed person does not learn of it, and administrators may look", async (app) => {
  const { root: chief, spammer, send } = await world(app);
  const root = app.client(chief);
  await send(spammer, "buy pills");
  const own = app.client(spammer);
  for (const path of ["/api/audit", "/api/users/profile", "/api/users/export"]) {
    assert.ok(!JSON.stringify((await own.get(path)).body).includes("shadow"), path);
  }
  const { body } = await root.get(`/api/admin/users/${spammer.id}`);
  assert.notEqual(body.shadowedAt, null);
  const found = (await root.get("/api/admin/messages?q=pills")).body.items;
  assert.deepEqual(texts(found), ["buy pills"]);
  const entry = (await newestEntries(app, 10)).find(({ action }) => action === "user.shadowed")!;
  assert.deepEqual([entry.actorId, entry.userId, entry.details], [chief.id, spammer.id, {
    reason: "Spam",
  }]);
  const key = await backendOf(app);
  const path = `/api/admin/users/${chief.id}/shadow`;
  assert.equal((await key.put(path, { shadowed: true })).status, 403, "no key on an administrator");
  assert.equal((await own.put(path, { shadowed: true })).status, 403);
  const limited = await backendOf(app, { scopes: ["moderation:read"] });
  const other = `/api/admin/users/${spammer.id}/shadow`;
  assert.equal((await limited.put(other, { shadowed: false })).status, 403);
  assert.equal((await key.put(other, { shadowed: false })).status, 200);
});

test(REST, "the shadow falls on the webhooks that a person has made", async (app) => {
  const { root, ann, spammer } = await app.people("root", "ann", "spammer");
  const group = { name: "Builds", memberIds: [ann.id] };
  const { body: chat } = await app.client(spammer).post("/api/groups", group);
  const path = `/api/chats/${chat.id}/incoming-webhooks`;
  const { body: hook } = await app.client(spammer).post(path, { name: "CI" });
  const post = async (text: string) =>
    assert.equal((await app.client().post(hook.path, { text })).status, 201);
  await post("before");
  await shadow(app, root, spammer.id);
  await post("buy pills");
  const { body } = await app.client(ann).get(`/api/messages/${chat.id}`);
  assert.deepEqual(texts(body.items), ["before"]);
});
