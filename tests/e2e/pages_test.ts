import assert from "node:assert/strict";
import { asAdmin } from "../moderation/administrators.ts";
import { anApiKey, aNotification } from "../contract/store/rows.ts";
import { aDelivery, anEndpoint } from "../contract/store/webhooks.ts";
import { attacks, REST } from "../security/attacks.ts";
import { type BackendClient, backendOf } from "../support/api_keys.ts";
import type { HttpAnswer, HttpClient } from "../support/http_client.ts";
import type { RunningApp } from "../support/running_app.ts";
import { inputFields } from "../tools/operation_fields.ts";

const test = attacks();

interface World {
  root: HttpClient;
  ann: HttpClient;
  backend: BackendClient;
  groupId: string;
  messageId: string;
  webhookId: string;
  backupId: string;
}

/** Reader and path of every list that is read in pages; each has three entries or more. */
const LISTS: Record<string, (world: World) => [HttpClient, string]> = {
  "audit.own": ({ ann }) => [ann, "/api/audit?"],
  "audit.group": ({ ann, groupId }) => [ann, `/api/groups/${groupId}/audit?`],
  "audit.all": ({ root }) => [root, "/api/admin/audit?"],
  "user.search": ({ ann }) => [ann, "/api/users/search?q=many&"],
  "user.list": ({ ann }) => [ann, "/api/users?custom.team=blue&"],
  "ownUser.list": ({ backend }) => [backend, "/api/server/users?"],
  "apiKey.list": ({ root }) => [root, "/api/admin/api-keys?"],
  "admin.webhookDeliveries": ({ root, webhookId }) => [
    root,
    `/api/admin/webhooks/${webhookId}/deliveries?`,
  ],
  "chat.inbox": ({ ann }) => [ann, "/api/chats?"],
  "group.list": ({ ann }) => [ann, "/api/groups?"],
  "request.list": ({ ann }) => [ann, "/api/requests?"],
  "request.sent": ({ ann }) => [ann, "/api/requests/sent?"],
  "message.reactions": (
    { ann, messageId },
  ) => [ann, `/api/messages/${messageId}/reactions?emoji=${encodeURIComponent("👍")}&`],
  "message.search": ({ ann }) => [ann, "/api/messages/search?q=kite&"],
  "historyBackup.parts": ({ ann, backupId }) => [
    ann,
    `/api/history-backup/parts?backupId=${backupId}&`,
  ],
  "notification.list": ({ ann }) => [ann, "/api/notifications?"],
  "bot.list": ({ root }) => [root, "/api/admin/bots?"],
  "admin.reports": ({ root }) => [root, "/api/admin/reports?"],
  "admin.users": ({ root }) => [root, "/api/admin/users?"],
  "admin.chats": ({ root }) => [root, "/api/admin/chats?"],
  "admin.messages": ({ root }) => [root, "/api/admin/messages?q=kite&"],
};

/** A catch-up, which pages by revisions, and Commits, which need a client that encrypts. */
const ELSEWHERE = ["sync", "mls.commits"];

const FRIENDS = ["many_1", "many_2", "many_3"] as const;
/** People who share no chat with Ann, and are written to, or write, by request only. */
const STRANGERS = ["shy_1", "shy_2", "shy_3", "shy_4", "shy_5", "shy_6"] as const;

async function openWorld(app: RunningApp): Promise<World> {
  const people = await app.people("chief", "ann", ...FRIENDS, ...STRANGERS);
  const [root, ann] = [await asAdmin(app, people.chief), app.client(people.ann)];
  const other = (name: keyof typeof people): Other => ({
    id: people[name].id,
    by: app.client(people[name]),
  });
  const friends = FRIENDS.map(other);
  const chats = await makeChats(ann, friends);
  for (const { id } of friends) {
    await done(ann.post("/api/users/report", { userId: id, reason: "spam" }));
  }
  await sendRequests(other("ann"), STRANGERS.map(other));
  const backupId = await done(ann.post("/api/history-backup", { keyCheck: "AA" }));
  for (const name of ["1", "2", "3"]) {
    await done(ann.put(`/api/history-backup/parts/${name}`, { backupId, data: "AA" }));
  }
  const backend = await backendOf(app);
  for (const name of FRIENDS) {
    await done(backend.put(`/api/server/users/${name}`, { name }));
    await done(root.post("/api/admin/bots", { name, username: `bot_${name}` }));
  }
  return { root, ann, backend, ...chats, backupId, webhookId: await storeRows(app, people.ann.id) };
}

async function done(answer: Promise<HttpAnswer>): Promise<string> {
  const { status, body } = await answer;
  assert.ok(status < 300, JSON.stringify(body));
  return body?.id;
}

interface Other {
  id: string;
  by: HttpClient;
}

async function makeChats(ann: HttpClient, friends: Other[]) {
  const memberIds = friends.map(({ id }) => id);
  const [groupId] = [
    await done(ann.post("/api/groups", { name: "One", memberIds })),
    await done(ann.post("/api/groups", { name: "Two" })),
    await done(ann.post("/api/groups", { name: "Three" })),
  ];
  const send = (text: string) => done(ann.post("/api/messages", { chatId: groupId, text }));
  const [messageId] = [await send("kite one"), await send("kite two"), await send("kite three")];
  for (const { by } of friends) {
    await done(by.post(`/api/messages/${messageId}/react`, { emoji: "👍" }));
    await done(by.put("/api/users/profile", { custom: { team: "blue" } }));
  }
  return { groupId, messageId };
}

/** Ann asks half of them, and the others ask her. */
async function sendRequests(ann: Other, strangers: Other[]): Promise<void> {
  for (const { by } of [ann, ...strangers]) {
    await done(by.put("/api/users/contact-settings", { write: "nobody" }));
  }
  for (const [i, stranger] of strangers.entries()) {
    const [from, to] = i % 2 === 0 ? [ann, stranger] : [stranger, ann];
    await done(from.by.post("/api/messages", { recipientId: to.id, text: "May I?" }));
  }
}

/** Stores what no request makes; returns the id of a webhook. */
async function storeRows(app: RunningApp, userId: string): Promise<string> {
  const store = await app.openStore();
  for (let i = 0; i < 2; i++) await store.apiKeys.create(anApiKey(), Infinity);
  const endpoint = anEndpoint({ status: "paused" });
  await store.webhooks.create(endpoint, Infinity);
  const deliveries = FRIENDS.map(() =>
    aDelivery(endpoint.id, { status: "delivered", dueAt: null })
  );
  await store.webhookDeliveries.add(deliveries);
  await store.notifications.add(FRIENDS.map(() => aNotification({ userId })));
  await store.close();
  return endpoint.id;
}

/** Reads a list to its end, `limit` entries at a time. */
async function pagesOf(reader: HttpClient, path: string, limit: number): Promise<unknown[][]> {
  const pages: unknown[][] = [];
  for (let cursor: string | null = ""; cursor !== null && pages.length < 100;) {
    const from = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { status, body } = await reader.get(`${path}limit=${limit}${from}`);
    assert.equal(status, 200, JSON.stringify(body));
    pages.push(body.items);
    cursor = body.next;
  }
  return pages;
}

test(
  REST,
  "every list has each entry on one of its pages, in the order of the whole",
  async (app) => {
    const world = await openWorld(app);
    for (const [name, of] of Object.entries(LISTS)) {
      const [reader, path] = of(world);
      const [whole, ...none] = await pagesOf(reader, path, 100);
      assert.deepEqual(none, [], `${name}: a page that is not full is the last`);
      assert.ok(whole.length >= 3, `${name} has ${whole.length} entries`);
      const pages = await pagesOf(reader, path, 2);
      assert.ok(pages.every(({ length }) => length <= 2), name);
      assert.deepEqual(pages.flat(), whole, name);
    }
    const paged = app.app.operations.filter((each) => inputFields(each).includes("cursor"));
    assert.deepEqual(
      paged.map(({ name }) => name).filter((name) => !ELSEWHERE.includes(name)).sort(),
      Object.keys(LISTS).sort(),
    );
    assert.deepEqual(app.log, []);
  },
  { CUSTOM_FILTERS: "user.team" },
);
