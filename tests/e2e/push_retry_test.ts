import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { FcmServer } from "../support/fcm_server.ts";
import { RunningApp } from "../support/running_app.ts";

Deno.test("a push is retried at the time that a busy push service names, and never for a dead device", async () => {
  const fcm = await FcmServer.start();
  try {
    await using app = await RunningApp.start({
      FIREBASE_SERVICE_ACCOUNT: fcm.serviceAccountJson,
      FCM_ENDPOINT_URL: fcm.endpoint,
    });
    const { ann, bob } = await app.people("ann", "bob");
    const [anns, bobs] = [app.client(ann), app.client(bob)];
    await bobs.post("/api/notifications/devices", { token: "bobs-telephone:0123456789" });
    const chatId = (await anns.post("/api/chats", { userId: bob.id })).body.id;
    for (const [status, retryAfter] of [[503, "7"], [429, "6"]] as const) {
      fcm.sends.add({ status, retryAfter });
      const before = Date.now();
      const { id } = (await anns.post("/api/messages", { chatId, text: `${status}` })).body;
      await eventually("it has come", () => fcm.messageIds.includes(id), { within: 60_000 });
      assert(Date.now() - before >= Number(retryAfter) * 1000, "not before the time it named");
      assert.equal(fcm.messageIds.filter((each) => each === id).length, 1);
    }
    fcm.sends.add({ status: 404 });
    await anns.post("/api/messages", { chatId, text: "gone" });
    await eventually(
      "the device is forgotten",
      async () => (await bobs.get("/api/notifications/devices")).body.items.length === 0,
    );
  } finally {
    await fcm.close();
  }
});
