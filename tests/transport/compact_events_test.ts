import assert from "node:assert/strict";
import { fillIn } from "../../src/client/full_events.ts";
import type { WireEvent } from "../../src/model/event.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { SocketIoClient } from "../support/socketio_client.ts";
import { WsClient } from "../support/ws_client.ts";

const COMPACT = { compact: true };

const durable = (events: WireEvent[]) =>
  events.filter(({ event }) => event.startsWith("message.") || event === "receipt.updated");

Deno.test({
  name: "a compact connection gets the same events once they are filled in, on both transports",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using app = await RunningApp.start();
    const { ann, bob } = await app.people("ann", "bob");
    const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
    const full = (await WsClient.connect(app.webSocketUrl, bob.token)).client;
    const compact =
      (await WsClient.connect(app.webSocketUrl, bob.token, undefined, COMPACT)).client;
    await using fullSocket = full;
    await using compactSocket = compact;
    await using io = await SocketIoClient.connect(app.url, bob.token, COMPACT);
    const anns = app.client(ann);
    const say = async (data: object) => {
      const { status, body } = await anns.post("/api/messages", { chatId: chat.id, ...data });
      assert.equal(status, 201);
      return body;
    };
    const first = await say({ text: "Hello", custom: { colour: "red" } });
    await say({ text: "Again", clientId: "named", replyTo: first.id, mentions: [bob.id] });
    await anns.post(`/api/messages/${first.id}/react`, { emoji: "👍" });
    await anns.post("/api/messages/pin", { messageId: first.id });
    await anns.put(`/api/messages/${first.id}`, { text: "" }).catch(() => {});
    await anns.put(`/api/messages/${first.id}`, { text: "Hello!" });
    await anns.delete(`/api/messages/${first.id}`);
    await app.client(bob).post(`/api/chats/${chat.id}/read`, { seq: 2 });
    const [wanted, raw, packets] = [fullSocket, compactSocket, io].map(({ events }) => events);
    const isOver = (events: WireEvent[]) =>
      events.some(({ event }) => event === "message.deleted") &&
      durable(events).length === durable(wanted).length;
    await eventually("all events are here", () => [wanted, raw, packets].every(isOver));
    assert.deepEqual(durable(raw).map(fillIn), durable(wanted));
    assert.deepEqual(durable(packets).map(fillIn), durable(wanted));
    assert.deepEqual(durable(wanted).map(fillIn), durable(wanted), "full events stay as they are");
    const created = raw.find(({ event }) => event === "message.created")!;
    // The time stands beside the id only if the millisecond changed between the two.
    const { createdAt: _, ...data } = created.data as Record<string, unknown>;
    assert.deepEqual(Object.keys(data).sort(), ["custom", "id", "senderId", "text"]);
  },
});

Deno.test("a text of 120 characters takes at most 320 bytes on a compact connection", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
  const bobs = (await WsClient.connect(app.webSocketUrl, bob.token, undefined, COMPACT)).client;
  await using bobsSocket = bobs;
  await app.client(ann).post("/api/messages", { chatId: chat.id, text: "x".repeat(120) });
  const created = () => bobsSocket.events.find(({ event }) => event === "message.created");
  await eventually("the message is here", () => created() !== undefined);
  const { length } = JSON.stringify(created());
  assert.ok(length <= 320, `it takes ${length}`);
});
