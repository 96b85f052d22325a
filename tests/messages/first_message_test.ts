import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { WsClient } from "../support/ws_client.ts";

Deno.test("the first message between two people creates their chat, and both receive it in order", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using annHears = (await WsClient.connect(app.webSocketUrl, ann.token)).client;
  await using bobHears = (await WsClient.connect(app.webSocketUrl, bob.token)).client;
  const refused = await app.client(ann).post("/api/messages", { recipientId: bob.id });
  assert.equal(refused.status, 400);
  const { status, body } = await app.client(ann)
    .post("/api/messages", { recipientId: bob.id, text: "hello" });
  assert.deepEqual([status, body.seq], [201, 4]);
  for (const { events } of [annHears, bobHears]) {
    const durable = () => events.filter(({ rev }) => rev !== undefined);
    await eventually("every event is received", () => durable().length === 4);
    assert.deepEqual(durable().map(({ event, chatId, rev }) => [event, chatId, rev]), [
      ["chat.updated", body.chatId, 1],
      ["member.updated", body.chatId, 2],
      ["member.updated", body.chatId, 3],
      ["message.created", body.chatId, 4],
    ]);
  }
});
