import assert from "node:assert/strict";
import { attacks, REST } from "../security/attacks.ts";
import { backendOf } from "../support/api_keys.ts";
import { eventually } from "../support/eventually.ts";
import type { HttpClient } from "../support/http_client.ts";
import { WsClient } from "../support/ws_client.ts";
import { asAdmin, newestEntries } from "./administrators.ts";

const test = attacks();

/** Texts of all pages of a list, in order. */
async function texts(client: HttpClient, query: string): Promise<string[]> {
  const found: string[] = [];
  const limit = Number(new URLSearchParams(query).get("limit") ?? Infinity);
  for (let cursor = "", pages = 0; pages < 20; pages++) {
    const { status, body } = await client.get(`/api/admin/messages?${query}${cursor}`);
    assert.equal(status, 200, JSON.stringify(body));
    assert.ok(body.items.length <= limit, `${body.items.length} on a page of ${limit}`);
    found.push(...body.items.map(({ text }: { text: string }) => text));
    if (body.next === null) return found;
    cursor = `&cursor=${encodeURIComponent(body.next)}`;
  }
  throw new Error("Cannot read the list: it does not end");
}

test(REST, "administrators find messages by chat, sender, words and time", async (app) => {
  const { root: chief, ann, bob } = await app.people("root", "ann", "bob");
  const root = await asAdmin(app, chief);
  const made = await app.client(ann).post("/api/groups", { name: "G", memberIds: [bob.id] });
  const chatId: string = made.body.id;
  const send = async (by: typeof ann, text: string, to: object = { chatId }) => {
    const { status, body } = await app.client(by).post("/api/messages", { ...to, text });
    assert.equal(status, 201, JSON.stringify(body));
    return body;
  };
  for (let i = 0; i < 5; i++) await send(ann, `kite ${i}`);
  const middle = await send(bob, "cheap watches");
  app.clock.ahead += 60_000;
  await send(ann, "no thanks");
  const elsewhere = await send(bob, "cheap pills", { recipientId: ann.id });
  const all = ["no thanks", "cheap watches", "kite 4", "kite 3", "kite 2", "kite 1", "kite 0"];
  for (const limit of [50, 3, 1]) {
    assert.deepEqual(await texts(root, `chatId=${chatId}&limit=${limit}`), all);
    assert.deepEqual(await texts(root, `senderId=${bob.id}&limit=${limit}`), [
      "cheap pills",
      "cheap watches",
    ]);
    assert.deepEqual(await texts(root, `q=cheap&limit=${limit}`), ["cheap pills", "cheap watches"]);
    const both = `q=cheap&chatId=${chatId}&limit=${limit}`;
    assert.deepEqual(await texts(root, both), ["cheap watches"]);
  }
  assert.deepEqual(await texts(root, `q=kite&senderId=${bob.id}`), []);
  assert.deepEqual(await texts(root, `q=pil&senderId=${bob.id}`), ["cheap pills"]);
  const early = new Date(Date.parse(middle.createdAt)).toISOString();
  assert.deepEqual(await texts(root, `sentBefore=${early}`), all.slice(2));
  assert.deepEqual(await texts(root, `sentBefore=${early}&chatId=${chatId}`), all.slice(2));
  const late = new Date(Date.parse(elsewhere.createdAt)).toISOString();
  assert.deepEqual(await texts(root, `sentAfter=${late}`), ["cheap pills"]);
  assert.deepEqual(await texts(root, `sentAfter=${late}&chatId=${chatId}`), []);
  for (const where of ["", `&chatId=${chatId}`, `&senderId=${ann.id}`]) {
    assert.deepEqual(await texts(root, `q=%21${where}`), [], "a query without words finds nothing");
  }
  for (const query of [`chatId=${chatId}&cursor=x`, "cursor=x"]) {
    const { body } = await root.get(`/api/admin/messages?${query}`);
    assert.equal(body.code, "invalid_request");
  }
  const missing = await root.get(`/api/admin/messages?chatId=${ann.id}`);
  assert.equal(missing.status, 404);
  assert.deepEqual(app.log, []);
});

test(
  REST,
  "reading others' messages is recorded, and nobody but administrators learns of it",
  async (app) => {
    const { root: chief, ann, bob, mallory } = await app.people("root", "ann", "bob", "mallory");
    const root = await asAdmin(app, chief);
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) {
      const sent = await app.client(ann).post("/api/messages", {
        recipientId: bob.id,
        text: `line ${i}`,
      });
      ids.push(sent.body.id);
    }
    const path = `/api/admin/messages/${ids[3]}/context`;
    const { body } = await root.get(`${path}?before=2&after=1`);
    const lines = body.items.map(({ text }: { text: string }) => text);
    assert.deepEqual(lines, ["line 1", "line 2", "line 3", "line 4"]);
    assert.equal((await root.get(path)).body.items.length, 7);
    assert.equal((await root.get(`${path}?before=0&after=0`)).body.items.length, 1);
    assert.equal((await root.get(`${path}?before=51`)).status, 400);
    await root.get(`/api/admin/messages?senderId=${ann.id}&q=line`);
    const entries = await newestEntries(app, 5);
    assert.deepEqual(
      entries.slice(0, 4).map(({ action, actorId, userId }) => [
        action,
        actorId,
        userId,
      ]),
      Array(4).fill(["messages.read", chief.id, ann.id]),
    );
    assert.deepEqual(entries[0].details, { q: "line" });
    assert.deepEqual(entries[1].details, { messageId: ids[3] });
    const own = (await app.client(ann).get("/api/audit")).body.items;
    assert.ok(!JSON.stringify(own).includes("messages.read"));
    const { body: exported } = await app.client(ann).get("/api/users/export");
    assert.ok(!JSON.stringify(exported).includes("messages.read"));
    const about = (await root.get(`/api/admin/audit?userId=${ann.id}`)).body.items;
    assert.ok(JSON.stringify(about).includes("messages.read"), "administrators find it by person");
    for (const refused of [path, "/api/admin/messages"]) {
      assert.equal((await app.client(mallory).get(refused)).status, 403);
      assert.equal((await app.client(ann).get(refused)).status, 403, "not even the sender");
      const limited = await backendOf(app, { scopes: ["moderation", "messages:read", "act_as"] });
      for (const client of [limited, limited.in(chief.id)]) {
        assert.equal((await client.get(refused)).status, 403);
      }
    }
    const reads = (await newestEntries(app, 50)).filter(({ action }) => action === "messages.read");
    assert.equal(reads.length, 4, "what was refused read nothing");
    assert.deepEqual(app.log, []);
  },
);

test(REST, "an administrator deletes a message for everyone", async (app) => {
  const { root: chief, ann, bob, mallory } = await app.people("root", "ann", "bob", "mallory");
  const root = await asAdmin(app, chief);
  const form = new FormData();
  form.set("file", new File(["forbidden goods"], "goods.txt"));
  const file = await app.client(ann).post("/api/media/upload", undefined, { body: form });
  const sent = await app.client(ann).post("/api/messages", {
    recipientId: bob.id,
    text: "look at this",
    mediaIds: [file.body.id],
  });
  assert.equal(sent.status, 201, JSON.stringify(sent.body));
  const { id, chatId } = sent.body;
  await app.client(bob).post("/api/messages/pin", { messageId: id });
  const { client: live } = await WsClient.connect(app.webSocketUrl, bob.token);
  await using _ = live;
  const path = `/api/admin/messages/${id}`;
  const reason = { reason: "sells forbidden goods" };
  assert.equal((await app.client(mallory).send("DELETE", path, reason)).status, 403);
  const reader = await backendOf(app, { scopes: ["moderation:read"] });
  assert.equal((await reader.send("DELETE", path, reason)).status, 403);
  assert.equal((await root.send("DELETE", path, {})).status, 400, "a reason is needed");
  assert.equal((await root.send("DELETE", path, reason)).status, 204);
  await eventually(
    "the event",
    () => live.events.find(({ event, chatId: id }) => event === "message.deleted" && id === chatId),
  );
  const [seen] = (await app.client(bob).get(`/api/messages/${chatId}`)).body.items;
  assert.deepEqual([seen.id, seen.text, seen.media, seen.pinnedAt], [id, "", [], null]);
  assert.notEqual(seen.deletedAt, null);
  assert.deepEqual((await app.client(bob).get(`/api/messages/search?q=look`)).body.items, []);
  assert.equal((await app.client(bob).get(`/api/media/${file.body.id}`)).status, 404);
  assert.equal((await root.send("DELETE", path, reason)).status, 204, "it is deleted already");
  const store = await app.openStore();
  const entries = (await store.audit.ofUser(ann.id, { before: null, limit: 9 }))
    .filter(({ action }) => action === "message.removed");
  await store.close();
  assert.deepEqual(entries.map(({ actorId, details }) => [actorId, details]), [
    [chief.id, { messageId: id, reason: reason.reason }],
  ]);
  const missing = await root.send("DELETE", `/api/admin/messages/${chatId}`, reason);
  assert.equal(missing.status, 404);
  assert.deepEqual(app.log, []);
});
