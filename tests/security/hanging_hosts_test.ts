import assert from "node:assert/strict";
import { generateVapidKeys } from "../../src/config/dev_secrets.ts";
import { eventually } from "../support/eventually.ts";
import { FcmServer } from "../support/fcm_server.ts";
import { HangingServer } from "../support/hanging_server.ts";
import { RunningApp } from "../support/running_app.ts";
import { BrowserKeys } from "../support/web_push_decryption.ts";
import { WebPushServer } from "../support/web_push_server.ts";

/** Number of one user's devices: as many as LIMIT_PUSH_DEVICES allows. */
const DEVICES = 20;
/** Number of chats that each have a push for all of these devices. */
const CHATS = 10;

Deno.test("pushes of other users continue while one user's endpoints hang, and a drain ends them", async () => {
  await using stack = new AsyncDisposableStack();
  const fcm = stack.adopt(await FcmServer.start(), (server) => server.close());
  const web = stack.adopt(new WebPushServer(), (server) => server.close());
  const hanging = stack.adopt(new HangingServer(), (server) => server.close());
  const vapid = generateVapidKeys();
  const app = await RunningApp.start({
    FIREBASE_SERVICE_ACCOUNT: fcm.serviceAccountJson,
    FCM_ENDPOINT_URL: fcm.endpoint,
    VAPID_PUBLIC_KEY: vapid.publicKey,
    VAPID_PRIVATE_KEY: vapid.privateKey,
    WEB_PUSH_ORIGINS: `${web.origin},${hanging.origin}`,
  });
  let drained = false;
  stack.defer(() => drained ? undefined : app[Symbol.asyncDispose]());
  const { ann, bob, mallory } = await app.people("ann", "bob", "mallory");
  const [anns, bobs, mallorys] = [ann, bob, mallory].map((person) => app.client(person));
  for (let n = 0; n < DEVICES; n++) {
    const { p256dh, auth } = BrowserKeys.generate();
    const endpoint = `${hanging.origin}/${n}`;
    const created = await mallorys.post("/api/notifications/devices", {
      endpoint,
      keys: { p256dh, auth },
    });
    assert.equal(created.status, 201, JSON.stringify(created.body));
  }
  await bobs.post("/api/notifications/devices", { token: "bobs-telephone:0123456789" });
  const { endpoint, p256dh, auth } = web.subscribe(vapid.publicKey);
  await bobs.post("/api/notifications/devices", { endpoint, keys: { p256dh, auth } });
  for (let n = 0; n < CHATS; n++) {
    const group = await anns.post("/api/groups", { name: `Group ${n}`, memberIds: [mallory.id] });
    await anns.post("/api/messages", { chatId: group.body.id, text: "hello" });
  }
  await eventually("mallory's endpoints hang", () => hanging.accepted >= 2);

  const chatId = (await anns.post("/api/chats", { userId: bob.id })).body.id;
  for (let n = 1; n <= 3; n++) {
    await anns.post("/api/messages", { chatId, text: `${n}` });
    await eventually("FCM's push is there", () => fcm.received.length >= n);
    await eventually("the Web Push is there", () => web.received.length >= n);
  }
  // The hanging host gets no more than one user's share of its lane.
  assert(hanging.accepted <= 6, `${hanging.accepted} connections to the hanging host`);

  let isOver = false;
  drained = true;
  app[Symbol.asyncDispose]().then(() => isOver = true);
  await eventually("the drain is over, whatever hangs", () => isOver);
});
