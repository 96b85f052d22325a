import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Message } from "../../../src/model/message.ts";
import type { OutboxEntry } from "../../../src/model/outbox_entry.ts";
import type { PushCandidate } from "../../../src/notifications/recipient_resolver.ts";
import { aChat, anOutboxEntry, aUser, storedChat, T0 } from "../../contract/store/rows.ts";
import { DispatchWorld, GRACE_MS } from "./dispatch_world.ts";

function added(userId: string, entry: OutboxEntry): PushCandidate {
  const [event] = entry.occurrences;
  const shared = { kind: "added_to_group", actorId: newId(), messageId: null, data: {} } as const;
  return { userId, ...shared, event, entry };
}

Deno.test("PushDispatch sends no push for an ended or expired session, and removes its device", async () => {
  await using world = new DispatchWorld();
  const alive = await world.device();
  const ended = await world.device({ endedAt: T0 - 1, endReason: "logout" });
  const expired = await world.device({ expiresAt: T0 });
  const userIds = [alive, ended, expired].map(({ userId }) => userId);
  const entry = anOutboxEntry();
  const showings = userIds.map((userId) => added(userId, entry));
  assert.deepEqual(await world.showChat(aChat(), showings), []);
  assert.deepEqual(world.sentTo, [alive.address]);
  assert.deepEqual(await world.store.pushDevices.ofUsers(userIds), [alive]);
});

Deno.test("PushDispatch shows nothing of a chat that no longer exists, and retries nothing", async () => {
  await using world = new DispatchWorld();
  const { userId } = await world.device();
  assert.deepEqual(await world.showChat(null, [added(userId, anOutboxEntry())]), []);
  assert.deepEqual(world.sentTo, []);
});

Deno.test("PushDispatch reads no chat that no device is to show", async () => {
  await using world = new DispatchWorld();
  const { userId } = await world.device();
  world.here.add(userId);
  world.online.add(userId);
  await world.showChat(aChat(), [added(userId, anOutboxEntry()), added(newId(), anOutboxEntry())]);
  assert.equal(world.chatReads, 0);
});

Deno.test("PushDispatch checks users who may be leaving again once, with one entry per event", async () => {
  await using world = new DispatchWorld();
  const devices = [await world.device(), await world.device(), await world.device()];
  for (const { userId } of devices) world.online.add(userId);
  const [a, b, c] = devices;
  const [first, second] = [anOutboxEntry(), anOutboxEntry()];
  const chat = aChat();
  const retries = await world.showChat(chat, [
    added(a.userId, first),
    added(b.userId, second),
    added(c.userId, first),
  ]);
  assert.deepEqual(retries.map(({ id: _, ...retry }) => retry), [
    { ...withoutId(first), deviceIds: [a.id, c.id], dueAt: T0 + GRACE_MS + 500 },
    { ...withoutId(second), deviceIds: [b.id], dueAt: T0 + GRACE_MS + 500 },
  ]);
  assert.deepEqual(world.sentTo, []);

  world.online.delete(c.userId);
  const again = [a, c].map(({ userId }) => added(userId, retries[0]));
  assert.deepEqual(await world.showChat(chat, again), []);
  assert.deepEqual(world.sentTo, [c.address]);
});

Deno.test("PushDispatch logs why a push is retried, unless the server is stopping", async () => {
  await using world = new DispatchWorld();
  const { id: deviceId, userId } = await world.device();
  const reason = "Cannot load npm:firebase-admin: no registry";
  world.result = { outcome: "retry", reason };
  const retries = await world.showChat(aChat(), [added(userId, anOutboxEntry())]);
  assert.deepEqual(world.warnings, [["A push is retried", { deviceId, reason }]]);
  world.dispatch.stop();
  assert.equal((await world.showChat(aChat(), [added(userId, retries[0])])).length, 1);
  assert.equal(world.warnings.length, 1);
});

Deno.test("PushDispatch neither pushes to users connected here nor checks them again", async () => {
  await using world = new DispatchWorld();
  const [here, away] = [await world.device(), await world.device()];
  world.here.add(here.userId);
  const entry = anOutboxEntry();
  const showings = [added(here.userId, entry), added(away.userId, entry)];
  assert.deepEqual(await world.showChat(aChat(), showings), []);
  assert.deepEqual(world.sentTo, [away.address]);
});

Deno.test("PushDispatch pushes to users whose status is away, though a client of theirs is connected", async () => {
  await using world = new DispatchWorld();
  const [away, online] = [await world.device(), await world.device()];
  for (const [{ userId: id }, state] of [[away, "away"], [online, "online"]] as const) {
    await world.store.users.create(aUser({ id, status: { state, text: "" } }));
    world.here.add(id);
  }
  const entry = anOutboxEntry();
  const showings = [added(away.userId, entry), added(online.userId, entry)];
  assert.deepEqual(await world.showChat(aChat(), showings), []);
  assert.deepEqual(world.sentTo, [away.address]);
});

Deno.test("PushDispatch replaces a deleted message by an earlier unread one of its sender, or sends nothing", async () => {
  await using world = new DispatchWorld();
  const device = await world.device();
  const { userId } = device;
  const [ann, eve] = [newId(), newId()];
  const shownOf = async (
    messages: Partial<Message>[],
    readSeq = 0,
    kind: "message" | "mention" = "message",
    isMember = true,
  ): Promise<string> => {
    const { chat, messages: rows } = await storedChat(world.store, {
      members: isMember ? [{ userId, readSeq }] : [],
      messages: messages.map((fields) => ({ senderId: ann, createdAt: T0, ...fields })),
    });
    const { id: messageId, seq, senderId } = rows.at(-1)!;
    const plain = { mentions: [], replyTo: null };
    const event = { type: "message" as const, messageId, seq, senderId, ...plain };
    const entry = anOutboxEntry({ chatId: chat.id, occurrences: [event] });
    const shared = { kind, actorId: senderId, messageId, data: {} };
    world.pushes.length = 0;
    await world.showChat(chat, [{ userId, ...shared, event, entry }]);
    const [push] = world.pushes;
    return push ? `${push.alert?.body.split(": ").at(-1)}` : "no push";
  };
  const gone = { text: "", deletedAt: T0 };
  assert.equal(await shownOf([{ text: "earlier" }, { text: "newest" }]), "newest");
  assert.equal(await shownOf([{ text: "earlier" }, gone]), "earlier");
  assert.equal(await shownOf([{ text: "of another", senderId: eve }, gone]), "no push");
  assert.equal(await shownOf([{ text: "read" }, gone], 2), "no push");
  assert.equal(await shownOf([{ text: "long ago", createdAt: T0 - 60_000 }, gone]), "no push");
  assert.equal(await shownOf([gone, gone]), "no push");
  const deletedMention = await shownOf([{ text: "earlier" }, gone], 0, "mention");
  assert.equal(deletedMention, "no push", "a plain message is no mention");
  const noMember = await shownOf([{ text: "earlier" }, gone], 0, "message", false);
  assert.equal(noMember, "no push", "to one who is no member");
});

function withoutId({ id: _, ...rest }: OutboxEntry): Omit<OutboxEntry, "id"> {
  return rest;
}
