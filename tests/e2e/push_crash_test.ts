import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { FcmServer } from "../support/fcm_server.ts";
import { HttpClient } from "../support/http_client.ts";
import { sharedMongodb } from "../support/mongodb_server.ts";
import { seedPeople } from "../support/people.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig, testEnvironment } from "../support/test_config.ts";

const mongodb = sharedMongodb();
const TOKEN = "bobs-telephone:0123456789";

/** Pushes to one device; the test scripts the service's responses. */
async function crash(extra: Record<string, string>): Promise<void> {
  await using folder = await TempDir.make("push_crash");
  const fcm = await FcmServer.start();
  try {
    const env = testEnvironment({
      ...extra,
      DATA_DIR: folder.join("data"),
      FIREBASE_SERVICE_ACCOUNT: fcm.serviceAccountJson,
      FCM_ENDPOINT_URL: fcm.endpoint,
      LIMIT_PRESENCE_GRACE_MS: "100",
    });
    const { ann, bob } = await seedPeople(testConfig(folder.join("data"), env), ["ann", "bob"]);
    const sent: string[] = [];
    {
      await using server = await ServerProcess.start({ env });
      const anns = new HttpClient(server.url, ann.token);
      const bobs = new HttpClient(server.url, bob.token);
      await bobs.post("/api/notifications/devices", { token: TOKEN });
      // Never gets a response: the process dies while it waits.
      fcm.sends.add("hang");
      const group = (await anns.post("/api/chats", { userId: bob.id })).body;
      const message = await anns.post("/api/messages", {
        chatId: group.id,
        text: "Are you there?",
      });
      assert.equal(message.status, 201);
      sent.push(message.body.id);
      await eventually("the push is under way", () => fcm.tokensIssued > 0);
      await server.kill("SIGKILL");
    }
    fcm.sends.release();
    assert.deepEqual(fcm.messageIds, []);
    await using _server = await ServerProcess.start({ env });
    await eventually("the push has come", () => fcm.messageIds.length > 0, { within: 60_000 });
    assert.deepEqual(fcm.messageIds, sent);
  } finally {
    await fcm.close();
  }
}

Deno.test("the next start sends a push that kill -9 interrupted (SQLite)", () => crash({}));

Deno.test({
  name: "the next start sends a push that kill -9 interrupted (MongoDB)",
  ignore: mongodb.missing,
  fn: () => crash({ MONGODB_URI: mongodb.uri() }),
});
