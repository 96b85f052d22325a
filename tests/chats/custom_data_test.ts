import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { LEAKY } from "../support/leaky.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";
import { TRANSPORTS } from "../support/transports.ts";
import { WsClient } from "../support/ws_client.ts";

for (const { name: store, ignore, environment } of testedStores()) {
  Deno.test({
    name: `${store}: custom data is in responses, events, changes and the export`,
    ignore,
    ...LEAKY,
    fn: async () => {
      await using app = await RunningApp.start(environment());
      const { ann, bob } = await app.people("ann", "bob");
      const [hers, his] = [app.client(ann), app.client(bob)];
      const { body: group } = await hers.post("/api/groups", {
        name: "Kites",
        memberIds: [bob.id],
        custom: { topic: "kites", tags: ["red"] },
      });
      assert.deepEqual(group.custom, { topic: "kites", tags: ["red"] });
      const { client } = await WsClient.connect(app.webSocketUrl, bob.token);
      await using socket = client;
      let count = 0;
      await eventually("the socket hears of the chat", async () => {
        await his.put(`/api/chats/${group.id}/me`, { custom: { count: ++count } });
        return socket.events.some(({ event }) => event === "member.updated");
      });
      const me = await his.put(`/api/chats/${group.id}/me`, { custom: { color: "red" } });
      assert.deepEqual(me.body.custom, { color: "red" });
      const { body: sent } = await hers.post("/api/messages", {
        chatId: group.id,
        text: "Look",
        custom: { order: 7 },
      });
      assert.deepEqual(sent.custom, { order: 7 });
      await hers.put(`/api/messages/${sent.id}`, { custom: { order: 8 } });
      await hers.put(`/api/chats/${group.id}`, { custom: { topic: "winds" } });
      await hers.put(`/api/groups/${group.id}`, { name: "Winds", custom: {} });
      const last = (event: string) => socket.events.findLast((one) => one.event === event)?.data;
      await eventually("the events bring the custom data", () => {
        const [member, message, chat] = ["member.updated", "message.updated", "chat.updated"]
          .map((event) => last(event) as Record<string, unknown> | undefined);
        assert.deepEqual(member?.custom, { color: "red" });
        assert.deepEqual([message?.custom, message?.editedAt], [{ order: 8 }, null]);
        assert.deepEqual([chat?.name, chat && "custom" in chat], ["Winds", false]);
        return true;
      });
      const { body: changes } = await his.get(`/api/chats/${group.id}/changes`);
      assert.deepEqual(changes.messages[0].custom, { order: 8 });
      const own = changes.members.find(({ userId }: { userId: string }) => userId === bob.id);
      assert.deepEqual(own.custom, { color: "red" });
      await hers.put("/api/users/profile", { custom: { team: "blue" } });
      assert.deepEqual((await his.get(`/api/users/${ann.id}`)).body.custom, { team: "blue" });
      const exported = JSON.stringify((await hers.get("/api/users/export")).body);
      for (const part of ['"custom":{"team":"blue"}', '"custom":{"order":8}']) {
        assert.ok(exported.includes(part), part);
      }
      assert.deepEqual(app.log, []);
    },
  });

  Deno.test({
    name: `${store}: custom data is gone with its message, membership and account`,
    ignore,
    ...LEAKY,
    fn: async () => {
      await using app = await RunningApp.start(environment());
      const { ann } = await app.people("ann");
      const password = "a long enough secret of bob";
      const { body: registered } = await app.client().post("/api/auth/register", {
        username: "bob",
        email: "bob@example.org",
        password,
      });
      const bob = registered.user;
      const [hers, his] = [app.client(ann), app.client().as(registered.accessToken)];
      const custom = { secret: "kite" };
      const memberIds = [bob.id];
      const { body: group } = await hers.post("/api/groups", { name: "Kites", memberIds });
      await his.put(`/api/chats/${group.id}/me`, { custom });
      const { body: sent } = await his.post("/api/messages", {
        chatId: group.id,
        text: "x",
        custom,
      });
      await his.delete(`/api/messages/${sent.id}`);
      await his.delete(`/api/groups/${group.id}/members/${bob.id}`);
      const { body: changes } = await hers.get(`/api/chats/${group.id}/changes`);
      assert.equal(JSON.stringify(changes).includes("secret"), false);
      await his.put("/api/users/profile", { custom });
      assert.equal((await his.delete("/api/users/profile", { password })).status, 204);
      assert.equal((await hers.get(`/api/users/${bob.id}`)).body.custom, undefined);
    },
  });
}

for (const transport of TRANSPORTS) {
  Deno.test({
    name: `${transport.name}: custom data of a message can be changed without its text`,
    ...LEAKY,
    fn: async () => {
      await using app = await RunningApp.start();
      const { ann, bob } = await app.people("ann", "bob");
      await using there = await transport.open(app, ann.token);
      const run = (name: string, input: Record<string, unknown>) =>
        there.run(app.app.operations.find((one) => one.name === name)!, input);
      const { data: sent } = await run("message.send", {
        recipientId: bob.id,
        text: "Order",
        custom: { state: "open" },
      });
      const messageId = sent.id;
      const edited = await run("message.edit", { messageId, custom: { state: "done" } });
      assert.deepEqual(edited.data.custom, { state: "done" });
      assert.deepEqual([edited.data.text, edited.data.editedAt], ["Order", null]);
      const emptied = await run("message.edit", { messageId, text: "Done", custom: null });
      assert.deepEqual([emptied.data.text, "custom" in emptied.data], ["Done", false]);
      const kept = await run("message.edit", { messageId, text: "Done", custom: {} });
      assert.equal(kept.data.rev, emptied.data.rev, "no change takes no revision");
      assert.equal((await run("message.edit", { messageId })).error!.code, "invalid_request");
    },
  });
}

Deno.test("custom data of a direct chat is for both, given when it is created or later", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const [hers, his] = [app.client(ann), app.client(bob)];
  const created = await hers.post("/api/chats", { userId: bob.id, custom: { order: 1 } });
  assert.deepEqual([created.status, created.body.custom], [201, { order: 1 }]);
  const again = await his.post("/api/chats", { userId: ann.id, custom: { order: 2 } });
  assert.deepEqual([again.status, again.body.custom], [200, { order: 1 }]);
  const changed = await his.put(`/api/chats/${created.body.id}`, { custom: { order: 2 } });
  assert.deepEqual(changed.body.custom, { order: 2 });
});
