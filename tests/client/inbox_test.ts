import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf, type TestClient } from "./people.ts";

Deno.test("Inbox has title, peer, unread, mentions and last message, sorted by activity", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, cleo } = await app.people("ann", "bob", "cleo");
  await using anns = await clientOf(app.url, ann);
  const group = { name: "Friends", memberIds: [bob.id, cleo.id] };
  const { id: groupId } = await anns.client.call("group.create", group);
  await anns.client.send(groupId, { text: `hello @bob`, mentions: [bob.id] });
  const { id: directId } = await anns.client.openDirect(bob.id);
  await anns.client.send(directId, { text: "just us" });
  await using bobs = await clientOf(app.url, bob);
  const { inbox } = bobs.client;
  await eventually("the name is here", () => inbox.row(directId)?.title === "ann");
  assert.deepEqual(inbox.getSnapshot().map(({ chatId }) => chatId), [directId, groupId]);
  assert.deepEqual(factsOf(bobs, directId), ["ann", ann.id, 1, 0, "just us"]);
  assert.deepEqual(factsOf(bobs, groupId), ["Friends", null, 1, 1, "hello @bob"]);
  await anns.client.send(groupId, { text: "again" });
  await eventually("it is first", () => inbox.getSnapshot()[0].chatId === groupId);
  assert.deepEqual(factsOf(bobs, groupId), ["Friends", null, 2, 1, "again"]);
  bobs.client.markRead(groupId);
  assert.deepEqual(factsOf(bobs, groupId).slice(2, 4), [0, 0], "at once");
  await eventually("the server knows", async () => {
    const { items } = await bobs.client.call("chat.inbox", {});
    return items.find(({ chat }) => chat.id === groupId)?.unread === 0;
  });
});

Deno.test("Inbox snapshots are the same objects until their chat changes", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, cleo } = await app.people("ann", "bob", "cleo");
  await using anns = await clientOf(app.url, ann);
  const withBob = await anns.client.openDirect(bob.id);
  const withCleo = await anns.client.openDirect(cleo.id);
  const { inbox } = anns.client;
  await eventually("names are here", () => inbox.getSnapshot().every(({ title }) => title !== ""));
  await eventually("presence is here", () => inbox.getSnapshot().every((row) => row.presence));
  let told = 0;
  inbox.subscribe(() => told++);
  const before = inbox.getSnapshot();
  assert.equal(inbox.getSnapshot(), before);
  const rows = new Map(before.map((row) => [row.chatId, row]));
  await anns.client.send(withBob.id, { text: "hello" });
  assert.notEqual(inbox.getSnapshot(), before);
  assert.notEqual(inbox.row(withBob.id), rows.get(withBob.id));
  assert.equal(inbox.row(withCleo.id), rows.get(withCleo.id));
  assert.ok(told > 0);
  const messages = anns.client.chat(withBob.id).messages.getSnapshot();
  assert.equal(anns.client.chat(withBob.id).messages.getSnapshot(), messages);
  const [row] = messages.rows;
  await anns.client.react(withBob.id, row.id, "👍");
  const [reacted] = anns.client.chat(withBob.id).messages.getSnapshot().rows;
  assert.notEqual(reacted, row);
  assert.deepEqual([row.reactions.length, reacted.reactions.length], [0, 1], "rows never change");
});

Deno.test("Inbox shows the draft of a chat as it is written and emptied", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  const { client } = anns;
  const { id } = await client.openDirect(bob.id);
  assert.equal(client.inbox.row(id)!.draft, "");
  for (const text of ["I will", "I will be", ""]) {
    client.drafts.set(id, { text });
    assert.equal(client.inbox.row(id)!.draft, text);
    assert.equal(client.inbox.getSnapshot()[0].draft, text);
  }
});

Deno.test("Inbox counts messages missed while away, and follows reads and mutes of another device", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  const { id } = await anns.client.openDirect(bob.id);
  for (const text of ["one", "two", "three"]) await anns.client.send(id, { text });
  await using bobs = await clientOf(app.url, bob);
  const row = () => bobs.client.inbox.row(id)!;
  assert.equal(row().unread, 3);
  await bobs.client.close();
  const sent = await anns.client.send(id, { text: "four" });
  await using other = await clientOf(app.url, bob);
  await other.client.call("chat.read", { chatId: id, seq: sent.seq - 1 });
  await other.client.call("chat.notify", { chatId: id, level: "none" });
  bobs.client.connect();
  await eventually("it is known", () => row().unread === 1 && row().muted);
  await other.client.call("chat.notify", { chatId: id, level: "all" });
  await eventually("live, too", () => !row().muted);
  await anns.client.delete(sent.id);
  await eventually("a deleted one does not count", () => row().unread === 0);
});

Deno.test("Inbox does not count messages of a blocked user in a group", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  await using bobs = await clientOf(app.url, bob);
  const group = { name: "Friends", memberIds: [bob.id] };
  const { id } = await anns.client.call("group.create", group);
  await anns.client.send(id, { text: "hello" });
  const { inbox, people } = bobs.client;
  await eventually("it counts", () => inbox.row(id)?.unread === 1);
  await bobs.client.call("user.block", { userId: ann.id });
  await eventually("it counts no more", () => inbox.row(id)?.unread === 0);
  assert.equal(people.get(ann.id).blocked, true);
  await bobs.client.call("user.block", { userId: ann.id, unblock: true });
  await eventually("it counts again", () => inbox.row(id)?.unread === 1);
});

Deno.test("Inbox keeps a left chat separately, with its messages, until it is dropped", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann);
  await using bobs = await clientOf(app.url, bob);
  const group = { name: "Friends", memberIds: [bob.id] };
  const { id } = await anns.client.call("group.create", group);
  await anns.client.send(id, { text: "hello" });
  const { inbox } = bobs.client;
  await eventually("he has it", () => inbox.row(id)?.lastMessage?.text === "hello");
  await anns.client.call("group.remove", { groupId: id, userId: bob.id });
  await eventually("he is out", () => inbox.getSnapshot().length === 0);
  assert.deepEqual(inbox.left.getSnapshot().map(({ title }) => title), ["Friends"]);
  const { rows } = bobs.client.chat(id).messages.getSnapshot();
  assert.equal(rows.at(-1)?.text, "hello");
  await anns.client.call("group.add", { groupId: id, userIds: [bob.id] });
  await eventually("he is back", () => inbox.getSnapshot().length === 1);
  assert.deepEqual(inbox.left.getSnapshot(), []);
  await bobs.client.call("group.remove", { groupId: id, userId: bob.id });
  await eventually("he has left", () => inbox.left.getSnapshot().length === 1);
  inbox.drop(id);
  assert.deepEqual(inbox.left.getSnapshot(), []);
});

function factsOf({ client }: TestClient, chatId: string): unknown[] {
  const { title, peerId, unread, mentions, lastMessage } = client.inbox.row(chatId)!;
  return [title, peerId, unread, mentions, lastMessage?.text];
}
