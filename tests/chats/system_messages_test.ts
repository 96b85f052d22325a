import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { LEAKY } from "../support/leaky.ts";
import { openStoreOf } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";

/** Metadata of the system messages of a chat, oldest first. */
async function reports(app: RunningApp, token: string, chatId: string) {
  const { body } = await app.client().as(token).get(`/api/chats/${chatId}/changes`);
  return body.messages.filter(({ kind }: { kind: string }) => kind === "system");
}

for (const { name: store, ignore, environment } of testedStores()) {
  Deno.test({
    name: `${store}: changes of a group become system messages as SYSTEM_MESSAGES says`,
    ignore,
    ...LEAKY,
    fn: async () => {
      await using app = await RunningApp.start({ ...environment(), SYSTEM_MESSAGES: "all" });
      const { ann, bob, eve } = await app.people("ann", "bob", "eve");
      const [hers, his] = [app.client(ann), app.client(bob)];
      const { body: group } = await hers.post("/api/groups", { name: "Kites" });
      const path = `/api/groups/${group.id}`;
      await hers.post(`${path}/members`, { userIds: [bob.id, eve.id] });
      await hers.put(path, { name: "Winds", description: "All about it" });
      await hers.delete(`${path}/members/${eve.id}`);
      const before = (await his.get("/api/chats")).body.items[0];
      assert.deepEqual([before.unread, before.mentions], [0, 0], "they count for nobody");
      assert.equal((await his.get("/api/messages/search?q=winds")).body.items.length, 0);
      await his.delete(`${path}/members/${bob.id}`);
      const found = await reports(app, ann.token, group.id);
      assert.deepEqual(found.map(({ metadata }: { metadata: unknown }) => metadata), [
        { type: "member.joined", userIds: [bob.id, eve.id], by: ann.id },
        { type: "chat.renamed", userIds: [], by: ann.id, name: "Winds" },
        { type: "member.removed", userIds: [eve.id], by: ann.id },
        { type: "member.left", userIds: [bob.id], by: bob.id },
      ]);
      assert.deepEqual(found.map(({ text }: { text: string }) => text), ["", "", "", ""]);
      const [joined] = found;
      const edited = await hers.put(`/api/messages/${joined.id}`, { text: "I was never here" });
      assert.equal(edited.body.code, "conflict");
      assert.deepEqual((await hers.get("/api/notifications")).body.items, []);
      assert.deepEqual(app.log, []);
    },
  });

  Deno.test({
    name: `${store}: a server's system message carries custom data, once for each clientId`,
    ignore,
    ...LEAKY,
    fn: async () => {
      await using app = await RunningApp.start(environment());
      const { ann, bob, root } = await app.people("ann", "bob", "root");
      const opened = await openStoreOf(app.config);
      await opened.users.update(root.id, { role: "admin" });
      await opened.close();
      const { body: group } = await app.client(ann).post("/api/groups", {
        name: "Order 7",
        memberIds: [bob.id],
      });
      const send = (person: typeof ann, input: object) =>
        app.client(person).post(`/api/admin/chats/${group.id}/messages`, input);
      const input = { clientId: "order-7-paid", custom: { order: 7, state: "paid" } };
      assert.equal((await send(ann, input)).status, 403);
      const first = await send(root, { ...input, userIds: [bob.id] });
      assert.equal(first.status, 201, JSON.stringify(first.body));
      assert.deepEqual(first.body.custom, input.custom);
      assert.deepEqual(first.body.metadata, { type: "custom", userIds: [bob.id], by: root.id });
      const again = await send(root, input);
      assert.deepEqual([again.status, again.body.id], [200, first.body.id]);
      assert.equal((await send(root, { custom: null })).status, 400);
      const item = (await app.client(bob).get("/api/chats")).body.items[0];
      assert.deepEqual([item.unread, item.lastMessage.id], [0, first.body.id]);
      const missing = await app.client(root).post(`/api/admin/chats/${newId()}/messages`, input);
      assert.equal(missing.status, 404);
      assert.equal((await app.client(bob).delete(`/api/messages/${first.body.id}`)).status, 403);
      assert.equal((await app.client(ann).delete(`/api/messages/${first.body.id}`)).status, 204);
    },
  });
}

Deno.test("no change of a group is reported unless SYSTEM_MESSAGES says so", async () => {
  await using app = await RunningApp.start({ SYSTEM_MESSAGES: "renamed" });
  const { ann, bob } = await app.people("ann", "bob");
  const { body: group } = await app.client(ann).post("/api/groups", { name: "Kites" });
  await app.client(ann).post(`/api/groups/${group.id}/members`, { userIds: [bob.id] });
  await app.client(ann).put(`/api/groups/${group.id}`, { name: "Winds" });
  const types = (await reports(app, ann.token, group.id))
    .map(({ metadata }: { metadata: { type: string } }) => metadata.type);
  assert.deepEqual(types, ["chat.renamed"]);
});
