import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { WsClient } from "../support/ws_client.ts";

Deno.test("ProfileNews sends a new name and status text to people who share a chat, and own devices", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, eve, zoe } = await app.people("ann", "bob", "eve", "zoe");
  const [anns, bobs] = [ann, bob].map((person) => app.client(person));
  await anns.post("/api/chats", { userId: bob.id });
  await anns.post("/api/groups", { name: "G", memberIds: [bob.id, eve.id] });
  await app.client(eve).post("/api/users/block", { userId: ann.id });
  const sockets = await Promise.all(
    [ann, bob, eve, zoe].map(async ({ token }) =>
      (await WsClient.connect(app.webSocketUrl, token)).client
    ),
  );
  const received = (at: number) =>
    sockets[at].events.filter(({ event }) => event === "user.updated").map(({ data }) => data);
  const changed = await anns.put("/api/users/profile", { displayName: "New Name" });
  const { id, username, displayName, bio, avatarMediaId } = changed.body;
  const expected = { id, username, displayName, bio, avatarMediaId };
  await eventually("Bob is notified", () => received(1).length > 0);
  await eventually("so does Ann's own device", () => received(0).length > 0);
  assert.deepEqual(
    [received(0), received(1)],
    [[expected], [expected]],
    "once, however many chats",
  );
  // Eve has blocked Ann, and Zoe shares no chat with her.
  await bobs.put("/api/users/profile", { displayName: "Bob Again" });
  await eventually("Eve is notified", () => received(2).length > 0);
  assert.deepEqual([received(2).length, received(3).length], [1, 0]);
  await anns.put("/api/users/status", { state: "busy", text: "in a meeting" });
  const statuses = (at: number) =>
    sockets[at].events.filter(({ event, data }) =>
      event === "presence" && (data as { text?: string }).text === "in a meeting"
    );
  await eventually("Bob hears of the text", () => statuses(1).length > 0);
  await eventually("so does Ann's own device", () => statuses(0).length > 0);
  for (const socket of sockets) await socket.close();
});
