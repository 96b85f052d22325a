import assert from "node:assert/strict";
import type { WireEvent } from "../../../src/model/event.ts";
import { eventually } from "../../support/eventually.ts";
import { RunningApp } from "../../support/running_app.ts";
import { WsClient } from "../../support/ws_client.ts";

Deno.test("/ws: there is no gap between the reply to hello and the events", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
  const sender = await WsClient.connect(app.webSocketUrl, ann.token);
  await using _ = sender.client;
  const total = 300;
  const sending = (async () => {
    for (let i = 0; i < total; i += 3) {
      await Promise.all(
        [0, 1, 2].map((j) =>
          sender.client.command("message.send", { chatId: chat.id, text: `${i + j}` })
        ),
      );
    }
  })();
  const head = chat.rev + total;
  const clients: WsClient[] = [];
  for (let i = 0; i < 8; i++) {
    const after = i * 20;
    const { client, welcome } = await WsClient.connect(app.webSocketUrl, bob.token, {
      [chat.id]: after,
    });
    clients.push(client);
    const synced = welcome.sync.items.find(({ chatId }: WireEvent) => chatId === chat.id);
    let cursor = synced.rev as number;
    client.onEvent = (event) => follow(event);
    const follow = (event: WireEvent) => {
      if (event.rev === undefined) return;
      assert.equal(event.after ?? event.rev - 1, cursor, `after ${cursor} came ${event.rev}`);
      cursor = event.rev;
    };
    // Those that came in one turn with the reply.
    client.events.forEach(follow);
    await Promise.race([sending, eventually("a few more", () => cursor > synced.rev + 5)]);
  }
  await sending;
  await eventually(
    "all are there",
    () => clients.every(({ events }) => events.at(-1)?.rev === head),
  );
  for (const client of clients) await client.close();
});

Deno.test("/ws: events of one commit are sent as one frame, in order", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const { body: chat } = await app.client(ann).post("/api/chats", { userId: bob.id });
  const { client } = await WsClient.connect(app.webSocketUrl, bob.token);
  await using _ = client;
  let frames = 0;
  client.socket.addEventListener("message", () => frames++);
  const http = app.client(ann);
  await Promise.all(
    Array.from(
      { length: 50 },
      (_, i) => http.post("/api/messages", { chatId: chat.id, text: `${i}` }),
    ),
  );
  await eventually("all are heard", () => client.events.length === 50);
  const revs = client.events.map(({ rev }) => rev);
  assert.deepEqual(revs, revs.map((_, i) => chat.rev + 1 + i));
  assert.ok(frames < 50, `${frames} frames`);
});

Deno.test("/ws: an event has the row that REST returns, and the row's revision", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const http = app.client(ann);
  const { body: group } = await http.post("/api/groups", { name: "G", memberIds: [bob.id] });
  const { client } = await WsClient.connect(app.webSocketUrl, bob.token);
  await using _ = client;
  const { body: sent } = await http.post("/api/messages", { chatId: group.id, text: "a" });
  const { body: edited } = await http.put(`/api/messages/${sent.id}`, { text: "b" });
  await http.put(`/api/groups/${group.id}`, { name: "New" });
  await http.delete(`/api/messages/${sent.id}`);
  await eventually("four events", () => client.events.length === 4);
  const { body: changes } = await http.get(`/api/chats/${group.id}/changes?after=${group.rev}`);
  const [created, updated, renamed, deleted] = client.events;
  const at = (event: string, data: { rev: number }) => ({
    event,
    chatId: group.id,
    rev: data.rev,
    data,
  });
  assert.deepEqual(created, at("message.created", sent));
  assert.deepEqual(updated, at("message.updated", edited));
  assert.equal(renamed.event, "chat.updated");
  const { updatedAt: _updatedAt, ...row } = changes.chat;
  assert.deepEqual({ ...(renamed.data as object), rev: row.rev, updatedAt: undefined }, {
    ...row,
    updatedAt: undefined,
  });
  assert.deepEqual(deleted, at("message.deleted", changes.messages[0]));
  assert.equal(changes.messages[0].text, "");
});
