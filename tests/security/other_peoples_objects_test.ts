import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { aNotification, aPushDevice } from "../contract/store/rows.ts";
import { inputFields } from "../tools/operation_fields.ts";
import type { Person } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { type Input, TRANSPORTS } from "../support/transports.ts";
import { attacks, REST } from "./attacks.ts";

const attack = attacks();

/**
 * Ids of another user's objects (chats and messages have a separate table:
 * e2e/authorization_test.ts). Each is answered like an unknown id, and its object does not change.
 */

interface Owned {
  sessionId: string;
  deviceId: string;
  mediaId: string;
  welcomeId: string;
  notificationId: string;
  pushDeviceId: string;
  requestId: string;
  backupId: string;
}

/** For each operation that accepts such an id, the rest of its input. */
const TABLE: Record<string, (owned: Owned) => Input> = {
  "session.end": ({ sessionId }) => ({ sessionId }),
  "device.remove": ({ deviceId }) => ({ deviceId }),
  "keyPackage.upload": ({ deviceId }) => ({ deviceId }),
  "mls.welcomes": ({ deviceId }) => ({ deviceId }),
  "mls.welcomeTaken": ({ deviceId, welcomeId }) => ({ deviceId, welcomeId }),
  "notification.read": ({ notificationId }) => ({ notificationId }),
  "historyBackup.put": ({ backupId }) => ({ backupId, name: "1", data: "AA" }),
  "historyBackup.parts": ({ backupId }) => ({ backupId }),
  "push.remove": ({ pushDeviceId }) => ({ deviceId: pushDeviceId }),
  "media.get": ({ mediaId }) => ({ mediaId }),
  "media.delete": ({ mediaId }) => ({ mediaId }),
  "media.link": ({ mediaId }) => ({ mediaId }),
  "media.complete": ({ mediaId }) => ({ mediaId }),
  "request.accept": ({ requestId }) => ({ requestId }),
  "request.decline": ({ requestId }) => ({ requestId }),
  "request.withdraw": ({ requestId }) => ({ requestId }),
};

/**
 * Fields that refer to a user's own objects are found by name, including those of future kinds of
 * objects.
 */
const NAMES_A_THING = /^(?!chat|group|message|user|client|report|recipient|avatar)\w+Id$/;

async function ownedBy(app: RunningApp, victim: Person): Promise<Owned> {
  const signatureKey = (newId() + newId()).replaceAll("-", "").slice(0, 43);
  const device = await app.client(victim).post("/api/devices", { name: "Phone", signatureKey });
  assert.equal(device.status, 201, JSON.stringify(device.body));
  const { id: userId, sessionId } = victim;
  const [notification, push] = [aNotification({ userId }), aPushDevice({ userId, sessionId })];
  const store = await app.openStore();
  await store.notifications.add([notification]);
  await store.pushDevices.put(push, Infinity);
  await store.close();
  const backup = await app.client(victim).post("/api/history-backup", { keyCheck: "AA" });
  assert.equal(backup.status, 201, JSON.stringify(backup.body));
  const form = new FormData();
  form.set("file", new File(["secret"], "secret.txt"));
  const media = await app.client(victim).post("/api/media/upload", undefined, { body: form });
  assert.equal(media.status, 201, JSON.stringify(media.body));
  return {
    sessionId: victim.sessionId,
    deviceId: device.body.id,
    mediaId: media.body.id,
    welcomeId: newId(),
    notificationId: notification.id,
    pushDeviceId: push.id,
    requestId: await requestTo(app, victim),
    backupId: backup.body.id,
  };
}

/** Creates a message request from another user, which waits for the victim's consent. */
async function requestTo(app: RunningApp, victim: Person): Promise<string> {
  const [asker] = Object.values(await app.people(`asks_${newId().slice(-8)}`));
  const hers = app.client(victim);
  const settings = await hers.put("/api/users/contact-settings", { write: "nobody" });
  assert.equal(settings.status, 200, JSON.stringify(settings.body));
  await app.client(asker).post("/api/messages", { recipientId: victim.id, text: "May I?" });
  const { body } = await hers.get("/api/requests");
  const request = body.items.find(({ fromId }: { fromId: string }) => fromId === asker.id);
  return request.id;
}

const plain = (text: string) => text.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "<id>");

attack(
  TRANSPORTS,
  "another user's objects are answered like missing ones",
  async (app, transport) => {
    const { victim, mallory } = await app.people("victim", "mallory");
    const owned = await ownedBy(app, victim);
    await using there = await transport.open(app, mallory.token);
    const nothing = Object.fromEntries(Object.keys(owned).map((key) => [key, newId()]));
    for (const [name, input] of Object.entries(TABLE)) {
      const operation = app.app.operations.find((one) => one.name === name)!;
      const { ok, error } = await there.run(operation, input(owned));
      // An operation that a transport does not offer is not a command of it.
      const expected = transport.offers(operation) ? "not_found" : "invalid_request";
      assert.deepEqual([ok, error?.code], [false, expected], name);
      const missing = await there.run(operation, input(nothing as unknown as Owned));
      assert.equal(plain(error!.detail), plain(missing.error!.detail), name);
    }
    const hers = app.client(victim);
    assert.equal((await hers.get("/api/sessions")).status, 200, "her session continues");
    assert.equal((await hers.get("/api/devices")).body.items.length, 1);
    assert.equal((await hers.get("/api/history-backup")).body.parts, 0);
    assert.equal((await hers.get(`/api/media/${owned.mediaId}`)).body, "secret");
    assert.equal((await hers.get("/api/notifications")).body.unread, 2, "one is of the request");
    assert.equal((await hers.get("/api/requests")).body.items.length, 1, "it still waits");
    assert.deepEqual(app.log, []);
  },
);

attack(
  TRANSPORTS,
  "administrators' operations are refused to everyone else",
  async (app, transport) => {
    const { victim, mallory } = await app.people("victim", "mallory");
    await using there = await transport.open(app, mallory.token);
    const input = {
      reportId: newId(),
      bot: newId(),
      username: "mallorys-bot",
      chatId: newId(),
      custom: { a: 1 },
      userId: victim.id,
      reason: "spam",
      keyId: newId(),
      name: "Mine",
      scopes: ["act_as"],
      webhookId: newId(),
      deliveryId: newId(),
      words: [],
      links: { allow: "any", hosts: [], newMemberSeconds: 0 },
      url: "https://backend.example.org/hooks",
      events: ["message.created"],
      since: "2026-01-01T00:00:00.000Z",
      frozen: true,
      messageId: newId(),
      shadowed: true,
      from: "2026-01-01",
    };
    const admins = app.app.operations.filter(({ access }) => access === "admin");
    assert.ok(admins.length >= 4);
    for (const operation of admins) {
      const known = new Set(inputFields(operation).filter((name) => !/cursor|until/.test(name)));
      const given = Object.fromEntries(Object.entries(input).filter(([name]) => known.has(name)));
      if (operation.name === "admin.users") given.bot = true;
      const { error } = await there.run(operation, given);
      const expected = transport.offers(operation) ? "forbidden" : "invalid_request";
      assert.equal(error?.code, expected, operation.name);
    }
    assert.equal((await app.client(victim).get("/api/users/profile")).status, 200);
  },
);

Deno.test("every operation that names a user's object has a row", async () => {
  await using app = await RunningApp.start();
  const naming = app.app.operations
    .filter(({ access }) => access === "session")
    .filter((operation) => inputFields(operation).some((name) => NAMES_A_THING.test(name)));
  assert.deepEqual(naming.map(({ name }) => name).filter((name) => !TABLE[name]), []);
  const known = new Set(app.app.operations.map(({ name }) => name));
  assert.deepEqual(Object.keys(TABLE).filter((name) => !known.has(name)), []);
});

Deno.test("no public operation returns more without a session than with one", async () => {
  await using app = await RunningApp.start();
  for (const { rest, access, name } of app.app.operations) {
    if (!rest || access === "public") continue;
    const path = `/api${rest.path.replaceAll(/:\w+/g, newId())}`;
    const body = rest.method === "GET" ? undefined : {};
    const { status, body: problem } = await app.client().send(rest.method, path, body);
    assert.deepEqual([status, problem.code], [401, "unauthenticated"], name);
  }
});

attack(
  REST,
  "an upload: a stranger can neither read, write nor use it",
  async (app) => {
    const { victim, mallory } = await app.people("victim", "mallory");
    const { mediaId } = await ownedBy(app, victim);
    const theirs = app.client(mallory);
    const tus = { "tus-resumable": "1.0.0" };
    const append = {
      ...tus,
      "upload-offset": "0",
      "content-type": "application/offset+octet-stream",
    };
    const upload = `/api/media/uploads/${mediaId}`;
    const tries = [
      theirs.get(`/api/media/${mediaId}`),
      theirs.get(`/api/media/${mediaId}?thumbnail`),
      theirs.get(`/api/media/${mediaId}`, { headers: { range: "bytes=0-1" } }),
      theirs.get(`/api/media/${mediaId}`, { headers: { "if-none-match": "*" } }),
      theirs.send("PATCH", upload, undefined, { headers: append, body: "x" }),
      theirs.delete(upload, undefined, { headers: tus }),
      theirs.post("/api/messages", { recipientId: victim.id, mediaIds: [mediaId] }),
      theirs.put("/api/users/profile", { avatarMediaId: mediaId }),
    ];
    for (const [i, { status, body }] of (await Promise.all(tries)).entries()) {
      assert.deepEqual([status, body?.code], [404, "not_found"], `try ${i}`);
    }
    assert.equal((await app.client().get(`/api/media/${mediaId}`)).status, 401);
  },
);

attack(REST, "a signed link is for one upload, one user and some minutes", async (app) => {
  const { victim, mallory } = await app.people("victim", "mallory");
  const { mediaId } = await ownedBy(app, victim);
  const { mediaId: other } = await ownedBy(app, victim);
  const created = await app.client(victim).post(`/api/media/${mediaId}/link`, {});
  assert.equal(created.status, 201);
  const link = new URL(created.body.url, app.url);
  const status = async (change: (url: URL) => void) => {
    const url = new URL(link);
    change(url);
    return (await app.client().get(`${url.pathname}${url.search}`)).status;
  };
  assert.equal(await status(() => {}), 200);
  const set = (name: string, value: string) => status((url) => url.searchParams.set(name, value));
  const expires = link.searchParams.get("expires")!;
  const changed = {
    "another upload": await status((url) => url.pathname = `/api/media/${other}`),
    "another person": await set("user", mallory.id),
    "a later end": await set("expires", expires.replace(/\d/, "9")),
    "another signature": await set("signature", "A".repeat(43)),
    "no signature": await set("signature", ""),
  };
  for (const [what, code] of Object.entries(changed)) {
    assert.ok([400, 401, 403, 404].includes(code), `${what}: ${code}`);
  }
  const { body } = await app.client().get(`${link.pathname}${link.search}`);
  assert.equal(body, "secret");
});
