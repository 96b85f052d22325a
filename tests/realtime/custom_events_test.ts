import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { LEAKY } from "../support/leaky.ts";
import { RunningApp } from "../support/running_app.ts";
import { TRANSPORTS } from "../support/transports.ts";
import { WsClient } from "../support/ws_client.ts";

for (const transport of TRANSPORTS) {
  Deno.test({
    name: `${transport.name}: an event of an application reaches a chat or a person, unstored`,
    ...LEAKY,
    fn: async () => {
      await using app = await RunningApp.start();
      const { ann, bob, eve } = await app.people("ann", "bob", "eve");
      const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
      const send = app.app.operations.find(({ name }) => name === "event.send")!;
      await using there = await transport.open(app, ann.token);
      const { client } = await WsClient.connect(app.webSocketUrl, bob.token);
      await using his = client;
      const { client: others } = await WsClient.connect(app.webSocketUrl, eve.token);
      await using hers = others;
      const custom = (socket: WsClient) => socket.events.filter(({ event }) => event === "custom");
      const toChat = { chatId: chat.id, type: "board.moved", data: { x: 1, y: [2] } };
      await eventually("the event reaches the chat", async () => {
        assert.ok((await there.run(send, toChat)).ok);
        return custom(his).length > 0;
      });
      assert.deepEqual(custom(his)[0], {
        event: "custom",
        chatId: chat.id,
        data: { fromId: ann.id, type: "board.moved", data: { x: 1, y: [2] } },
      });
      assert.ok((await there.run(send, { userId: bob.id, type: "wave" })).ok);
      await eventually("the event reaches the person", () => {
        const last = custom(his).at(-1)!;
        assert.deepEqual(last.data, { fromId: ann.id, type: "wave", data: {} });
        return last.chatId === undefined;
      });
      const refusals: [object, string][] = [
        [{ userId: eve.id, type: "wave" }, "not_found"],
        [{ userId: bob.id, chatId: chat.id, type: "wave" }, "invalid_request"],
        [{ type: "wave" }, "invalid_request"],
        [{ userId: bob.id, type: "no spaces" }, "invalid_request"],
        [{ userId: bob.id, type: "wave", data: { $where: 1 } }, "invalid_request"],
        [{ userId: bob.id, type: "wave", data: { a: "x".repeat(4096) } }, "invalid_request"],
      ];
      for (const [input, code] of refusals) {
        const { error } = await there.run(send, input as Record<string, unknown>);
        assert.equal(error?.code, code, JSON.stringify(input).slice(0, 80));
      }
      assert.deepEqual(custom(hers), [], "nobody outside the chat hears of it");
      const { body } = await app.client(bob).get(`/api/chats/${chat.id}/changes`);
      assert.deepEqual(body.messages, []);
    },
  });
}

Deno.test({
  name: "an event of an application does not pass a block, and its sender learns nothing of it",
  ...LEAKY,
  fn: async () => {
    await using app = await RunningApp.start();
    const { ann, bob } = await app.people("ann", "bob");
    const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
    await app.client(bob).post("/api/users/block", { userId: ann.id });
    const { client } = await WsClient.connect(app.webSocketUrl, bob.token);
    await using his = client;
    const hers = app.client(ann);
    const sent = await hers.post("/api/events", { chatId: chat.id, type: "wave" });
    assert.equal(sent.status, 204);
    assert.equal((await hers.post("/api/events", { userId: bob.id, type: "wave" })).status, 404);
    // An answer comes after the events that were delivered before it.
    await his.command("ping", {});
    assert.deepEqual(his.events.filter(({ event }) => event === "custom"), []);
  },
});

Deno.test("events of an application have a separate limit", async () => {
  await using app = await RunningApp.start({ RATE_EVENT: "2/1m" });
  const { ann } = await app.people("ann");
  const send = () => app.client(ann).post("/api/events", { userId: ann.id, type: "wave" });
  const statuses = [await send(), await send(), await send()].map(({ status }) => status);
  assert.deepEqual(statuses, [204, 204, 429]);
});
