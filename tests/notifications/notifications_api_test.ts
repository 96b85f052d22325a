import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { FcmServer } from "../support/fcm_server.ts";
import type { HttpClient } from "../support/http_client.ts";
import { RunningApp } from "../support/running_app.ts";
import { WebPushServer } from "../support/web_push_server.ts";
import { WsClient } from "../support/ws_client.ts";
import { generateVapidKeys } from "../../src/config/dev_secrets.ts";

// deno-lint-ignore no-explicit-any -- tests read responses at any depth
type Body = any;

async function send(client: HttpClient, body: object): Promise<Body> {
  const sent = await client.post("/api/messages", body);
  assert.equal(sent.status, 201, JSON.stringify(sent.body));
  return sent.body;
}

async function listed(client: HttpClient): Promise<Body> {
  const answer = await client.get("/api/notifications");
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

/**
 * The events of a chat are processed in order: once a marker was delivered, no earlier event is
 * pending.
 */
async function settled(app: RunningApp): Promise<void> {
  const store = await app.openStore();
  try {
    await eventually("the outbox is empty", async () => {
      return (await store.outbox.claim(Date.now() + 9_000_000, Date.now() + 1, 1)).length === 0;
    });
  } finally {
    await store.close();
  }
}

Deno.test("users are notified of mentions, replies, reactions, groups and roles, once and live", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, eve } = await app.people("ann", "bob", "eve");
  const [anns, bobs, eves] = [ann, bob, eve].map((person) => app.client(person));
  const { client: socket } = await WsClient.connect(app.webSocketUrl, bob.token);
  const group =
    (await anns.post("/api/groups", { name: "Team", memberIds: [bob.id, eve.id] })).body;
  const chatId = group.id;
  const bobsMessage = await send(bobs, { chatId, text: "hello" });
  const mention = await send(anns, { chatId, text: "@bob", mentions: [bob.id, ann.id] });
  const reply = await send(eves, { chatId, text: "re", replyTo: bobsMessage.id });
  await anns.post(`/api/messages/${bobsMessage.id}/react`, { emoji: "👍" });
  await anns.put(`/api/groups/${chatId}/admin`, { userId: bob.id, role: "admin" });
  const page = await eventually("all five are stored", async () => {
    const page = await listed(bobs);
    return page.items.length === 5 && page;
  });
  const seen = page.items.map(({ kind, actorId, messageId, data }: Body) => ({
    kind,
    actorId,
    messageId,
    data,
  })).sort((a: Body, b: Body) => a.kind < b.kind ? -1 : 1);
  assert.deepEqual(seen, [
    { kind: "added_to_group", actorId: ann.id, messageId: null, data: {} },
    { kind: "mention", actorId: ann.id, messageId: mention.id, data: {} },
    { kind: "reaction", actorId: ann.id, messageId: bobsMessage.id, data: { emoji: "👍" } },
    { kind: "reply", actorId: eve.id, messageId: reply.id, data: {} },
    { kind: "role_changed", actorId: ann.id, messageId: null, data: { role: "admin" } },
  ]);
  assert.equal(page.unread, 5);
  const live = () => socket.events.filter(({ event }) => event === "notification");
  await eventually("all five were received", () => live().length >= 5);
  assert.deepEqual(
    live().map(({ data }) => (data as Body).id).sort(),
    page.items.map(({ id }: Body) => id).sort(),
  );
  assert.equal((await listed(anns)).items.length, 0, "users are not notified of their own actions");

  const [first] = page.items;
  const read = await bobs.put(`/api/notifications/${first.id}/read`);
  assert.notEqual(read.body.readAt, null);
  assert.equal((await eves.put(`/api/notifications/${first.id}/read`)).status, 404);
  assert.equal((await listed(bobs)).unread, 4);
  const two = (await bobs.get("/api/notifications?limit=2")).body;
  const rest = (await bobs.get(`/api/notifications?limit=9&cursor=${two.next}`)).body;
  assert.deepEqual(
    [...two.items, ...rest.items].map(({ id }) => id),
    page.items.map(({ id }: Body) => id),
  );
  assert.deepEqual((await bobs.put("/api/notifications/read-all")).body, { read: 4 });
  assert.equal((await listed(bobs)).unread, 0);
  assert.equal((await bobs.get("/api/notifications?cursor=x")).status, 400);
  await socket.close();
  assert.deepEqual(app.log, []);
});

Deno.test("settings, mutes and blocks suppress notifications", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const [anns, bobs] = [ann, bob].map((person) => app.client(person));
  const group = (await anns.post("/api/groups", { name: "Team", memberIds: [bob.id] })).body;
  const chatId = group.id;
  const mention = () => send(anns, { chatId, text: "@bob", mentions: [bob.id] });
  const settings = (await bobs.get("/api/notifications/settings")).body;
  assert.equal(settings.kinds.mention, true);
  const quietHours = { start: "22:00", end: "07:30", timeZone: "Europe/Berlin" };
  const changed = await bobs.post("/api/notifications/settings", {
    kinds: { mention: false },
    quietHours,
  });
  assert.deepEqual(changed.body, {
    kinds: { ...settings.kinds, mention: false },
    quietHours,
    hideContent: false,
  });
  for (
    const bad of [
      { quietHours: { ...quietHours, timeZone: "Mars/Base" } },
      { quietHours: { ...quietHours, start: "25:00" } },
      { kinds: { mention: "no" } },
      { kinds: { other: true } },
      { userId: ann.id },
    ]
  ) assert.equal((await bobs.post("/api/notifications/settings", bad)).status, 400);

  await mention();
  // Processed under the setting that is tested, before it changes.
  await settled(app);
  await bobs.post("/api/notifications/settings", { kinds: { mention: true } });
  const path = `/api/chats/${chatId}/notifications`;
  assert.deepEqual((await bobs.put(path, { level: "none" })).body, {
    chatId,
    level: "none",
    mutedUntil: null,
  });
  await settled(app);
  await mention();
  await settled(app);
  const mutedUntil = new Date(Date.now() + 3_600_000).toISOString();
  assert.deepEqual((await bobs.put(path, { level: "mentions", mutedUntil })).body, {
    chatId,
    level: "mentions",
    mutedUntil,
  });
  await mention();
  await settled(app);
  assert.deepEqual((await bobs.put(path, { mutedUntil: null })).body.mutedUntil, null);
  await bobs.post("/api/users/block", { userId: ann.id });
  await mention();
  await settled(app);
  await bobs.post("/api/users/block", { userId: ann.id, unblock: true });
  const last = await mention();
  await settled(app);
  const { items } = await listed(bobs);
  assert.deepEqual(items.map(({ kind, messageId }: Body) => [kind, messageId]), [
    ["mention", last.id],
    ["added_to_group", null],
  ]);
  assert.equal(
    (await app.client((await app.people("eve")).eve).put(path, { level: "all" })).status,
    404,
  );
});

Deno.test("pushes reach devices of users who are away, by FCM and Web Push", async () => {
  await using stack = new AsyncDisposableStack();
  const fcm = stack.adopt(await FcmServer.start(), (server) => server.close());
  const web = stack.adopt(new WebPushServer(), (server) => server.close());
  const vapid = generateVapidKeys();
  const app = stack.use(
    await RunningApp.start({
      FIREBASE_SERVICE_ACCOUNT: fcm.serviceAccountJson,
      FCM_ENDPOINT_URL: fcm.endpoint,
      VAPID_PUBLIC_KEY: vapid.publicKey,
      VAPID_PRIVATE_KEY: vapid.privateKey,
      WEB_PUSH_ORIGINS: web.origin,
      LIMIT_PRESENCE_GRACE_MS: "100",
    }),
  );
  const { ann, bob, eve } = await app.people("ann", "bob", "eve");
  const [anns, bobs, eves] = [ann, bob, eve].map((person) => app.client(person));
  assert.deepEqual((await bobs.get("/api/notifications/vapid-key")).body, {
    publicKey: vapid.publicKey,
  });
  const token = "bobs-telephone:0123456789";
  const phone = await bobs.post("/api/notifications/devices", { token, name: "Phone" });
  assert.equal(phone.status, 201, JSON.stringify(phone.body));
  const { endpoint, p256dh, auth } = web.subscribe(vapid.publicKey);
  const browser = await bobs.post("/api/notifications/devices", {
    endpoint,
    expirationTime: null,
    keys: { p256dh, auth },
  });
  assert.equal(browser.status, 201, JSON.stringify(browser.body));
  for (
    const bad of [
      { token: "" },
      { token: "short" },
      { endpoint: "http://169.254.169.254/x", keys: { p256dh, auth } },
      { endpoint, keys: { p256dh: auth, auth } },
      { endpoint, token, keys: { p256dh, auth } },
      { token: { $gt: "" } },
    ]
  ) {
    const refused = await bobs.post("/api/notifications/devices", bad);
    assert.equal(refused.status, 400, JSON.stringify([bad, refused.body]));
  }
  const again = await bobs.post("/api/notifications/devices", { token, name: "Telephone" });
  assert.equal(again.body.id, phone.body.id, "an app registers at each start");
  const devices = (await bobs.get("/api/notifications/devices")).body.items;
  assert.deepEqual(devices.map(({ kind }: Body) => kind).sort(), ["fcm", "web"]);

  const group =
    (await anns.post("/api/groups", { name: "Team", memberIds: [bob.id, eve.id] })).body;
  const chatId = group.id;
  await eventually(
    "being added is pushed",
    () => fcm.received.length === 1 && web.received.length === 1,
  );
  await settled(app);
  const message = await send(anns, { chatId, text: "Lunch at noon?" });
  await eventually(
    "the message is pushed",
    () => fcm.received.length === 2 && web.received.length === 2,
  );
  const pushed = JSON.parse(web.received[1].payload);
  assert.deepEqual(pushed, {
    alert: { title: "Team", body: "ann: Lunch at noon?" },
    badge: 1,
    tag: chatId,
    data: { type: "message", chatId, messageId: message.id, seq: String(message.seq) },
  });
  const noticed: Body = fcm.received[1];
  assert.deepEqual(noticed.notification, { title: "Team", body: "ann: Lunch at noon?" });
  assert.equal(noticed.android.collapse_key, chatId);

  // Hidden content, and messages read elsewhere.
  await bobs.post("/api/notifications/settings", { hideContent: true });
  await send(anns, { chatId, text: "A secret" });
  await eventually(
    "it is pushed without content",
    () => fcm.received.length === 3 && web.received.length === 3,
  );
  assert.equal((fcm.received[2] as Body).notification, undefined);
  assert(!JSON.stringify([fcm.received[2], web.received[2].payload]).includes("secret"));
  await bobs.post("/api/notifications/settings", { hideContent: false });

  // A connected user needs no push.
  await settled(app);
  const { client: socket } = await WsClient.connect(app.webSocketUrl, bob.token);
  await send(anns, { chatId, text: "You are here" });
  await settled(app);
  await socket.close();
  assert.equal(fcm.received.length, 3);

  // A mention notifies even if plain messages do not.
  await bobs.put(`/api/chats/${chatId}/notifications`, { level: "mentions" });
  await send(eves, { chatId, text: "plain" });
  await settled(app);
  await send(eves, { chatId, text: "@bob", mentions: [bob.id] });
  await eventually(
    "the mention is pushed",
    () => fcm.received.some((each: Body) => each.data.type === "mention"),
  );
  await settled(app);
  assert(!JSON.stringify(fcm.received).includes("plain"));
  await bobs.put(`/api/chats/${chatId}/notifications`, { level: "all" });

  // Dead registrations are removed, the others stay.
  fcm.unregister(token);
  web.unsubscribe(endpoint);
  await send(anns, { chatId, text: "Anyone?" });
  await eventually(
    "both are gone",
    async () => (await bobs.get("/api/notifications/devices")).body.items.length === 0,
  );

  // A session that ends removes its devices.
  const other = "eves-telephone:0123456789";
  await eves.post("/api/notifications/devices", { token: other });
  const count = fcm.received.length;
  await eves.post("/api/auth/logout");
  await send(anns, { chatId, text: "Eve has left the building" });
  await settled(app);
  assert.equal(fcm.received.length, count);
  assert.deepEqual(web.refusals, ["The subscription has ended"]);
});
