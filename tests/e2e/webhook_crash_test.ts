import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { Instances } from "../support/instances.ts";
import { sharedMongodb } from "../support/mongodb_server.ts";
import { openStoreOf, seedPeople } from "../support/people.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig, testEnvironment } from "../support/test_config.ts";
import { WebhookReceiver } from "../support/webhook_receiver.ts";

const mongodb = sharedMongodb();
const MESSAGES = 30;
const WAIT = { within: 120_000, every: 50 };

/**
 * A customer's backend that answers late and at times wrongly, and another one that never answers,
 * while an instance dies.
 */
async function crash(count: number, extra: Record<string, string>): Promise<void> {
  await using folder = await TempDir.make("webhook_crash");
  await using backend = await WebhookReceiver.start();
  await using silent = await WebhookReceiver.start();
  const env = testEnvironment({
    ...extra,
    DATA_DIR: folder.join("data"),
    WEBHOOK_ALLOW_PRIVATE: `${backend.origin},${silent.origin}`,
  });
  const config = testConfig(folder.join("data"), env);
  const { admin, ann } = await seedPeople(config, ["admin", "ann"]);
  const store = await openStoreOf(config);
  await store.users.update(admin.id, { role: "admin" });
  await store.close();
  await using instances = new Instances(env);
  for (let n = 0; n < count; n++) await instances.add();
  const first = new HttpClient(instances.running[0].url, admin.token);
  for (const receiver of [silent, backend]) {
    const fields = { url: receiver.url, events: ["message.created"] };
    const { body } = await first.post("/api/admin/webhooks", fields);
    receiver.secret = body.secret;
  }
  const hanging = Promise.withResolvers<number>();
  silent.answer = () => hanging.promise;
  let requests = 0;
  backend.answer = async () => {
    if (++requests % 7 === 0) return 503;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return 204;
  };
  const chats = await chatsOf(new HttpClient(instances.running[0].url, ann.token));
  await instances.allKnow(backend, ann.token, chats.pop()!);
  for (let n = 0; n < MESSAGES; n++) {
    if (n === MESSAGES / 2) {
      await instances.crash();
      await instances.add();
    }
    await instances.send(ann.token, chats[n % 2], String(n));
  }
  await eventually("every message was reported", () => {
    const texts = new Set(backend.events.map(({ data }) => data.text));
    return Array.from({ length: MESSAGES }, (_, n) => String(n)).every((text) => texts.has(text));
  }, WAIT);
  for (const chatId of chats) {
    const revs = backend.firstRevs(chatId);
    assert.deepEqual(revs, revs.toSorted((a, b) => a - b), "in order for each chat");
    assert.equal(revs.length, MESSAGES / 2);
  }
  assert.ok(silent.requests.length > 0, "the other endpoint was tried too");
  assert.equal(backend.forged + silent.forged, 0);
  hanging.resolve(204);
}

async function chatsOf(client: HttpClient): Promise<string[]> {
  const groups = await Promise.all(
    ["one", "two", "warm-up"].map((name) => client.post("/api/groups", { name })),
  );
  return groups.map(({ body }) => body.id);
}

Deno.test("webhooks come at least once and in order over kill -9, beside an endpoint that hangs (SQLite)", () =>
  crash(1, {}));

Deno.test({
  name:
    "webhooks come at least once and in order over kill -9, beside an endpoint that hangs (MongoDB, two instances)",
  ignore: mongodb.missing,
  fn: () => crash(2, { MONGODB_URI: mongodb.uri(), BROKER: "mongo" }),
});
