import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import type { Notification } from "../../src/model/notification.ts";
import { aNotification, T0 } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";
import { NotificationWorld } from "./notification_world.ts";

/** Stores notifications of Bob, each of one of the chat's messages. */
async function notified(
  world: NotificationWorld,
  rows: Partial<Notification>[],
): Promise<Notification[]> {
  const { bob, chat, messages } = world;
  const complete = rows.map((fields) =>
    aNotification({ userId: bob, chatId: chat.id, messageId: messages[0].id, ...fields })
  );
  return await world.store.notifications.add(complete);
}

async function apply(world: NotificationWorld, ...events: Parameters<NotificationWorld["entry"]>) {
  await world.withdrawals.apply(world.chat.id, [world.entry(...events)]);
}

Deno.test("Withdrawals of a deleted message remove its notifications and its pushes, and no others", async () => {
  await using world = await NotificationWorld.make({ messages: () => [{}, {}] });
  const { bob, messages: [first, second] } = world;
  const [gone, kept] = await notified(world, [{ messageId: first.id }, { messageId: second.id }]);
  const pushes = [
    await world.shown(),
    await world.shown({ messageId: second.id, seq: second.seq }),
  ];
  await apply(world, [{ type: "deleted", messageId: first.id }]);
  assert.deepEqual((await world.stored(bob)).map(({ id }) => id), [kept.id]);
  assert.deepEqual(world.withdrawn, [pushes[0].deviceId]);
  const removed = { notificationIds: [gone.id], unread: 1 };
  assert.deepEqual(world.published, [
    { userIds: [bob], event: "notification.removed", data: removed },
  ]);
});

Deno.test("Withdrawals take back a push that was recorded after its user had read all notifications", async () => {
  await using world = await NotificationWorld.make();
  const { bob, store, withdrawals } = world;
  await notified(world, [{ kind: "added_to_group", messageId: null }]);
  const late = [
    await world.shown({ kind: "added_to_group", messageId: null, seq: null }),
    await world.shown({ kind: "message" }),
  ];
  await withdrawals.shown(late);
  assert.deepEqual(world.withdrawn, [], "it is unread");
  await store.notifications.markAllRead(bob, T0);
  await withdrawals.shown(late);
  assert.deepEqual(world.withdrawn, [late[0].deviceId]);
});

Deno.test("Withdrawals of a retry change nothing: its first try made them", async () => {
  await using world = await NotificationWorld.make();
  await world.shown();
  const { id: messageId } = world.messages[0];
  await apply(world, [{ type: "deleted", messageId }], { deviceIds: [newId()] });
  assert.deepEqual(world.withdrawn, []);
});

Deno.test("Withdrawals of a removed reaction leave one that was put back, and the push of others' reactions", async () => {
  const made = (emoji: string, ...userIds: string[]) => ({ emoji, userIds });
  const run = async (reactions: (world: NotificationWorld) => ReturnType<typeof made>[]) => {
    await using world = await NotificationWorld.make({
      messages: (each) => [{ senderId: each.bob, reactions: reactions(each) }],
    });
    const { ann: actorId, bob, messages: [{ id: messageId }] } = world;
    await notified(world, [{ kind: "reaction", key: `reaction:${messageId}:${actorId}:👍` }]);
    await world.shown({ kind: "reaction", tag: `reaction:${messageId}` });
    await world.shown({ kind: "message" });
    await apply(world, [{ type: "unreacted", messageId, actorId, emoji: "👍" }]);
    return [(await world.stored(bob)).length, world.withdrawn.length];
  };
  assert.deepEqual(await run(() => []), [0, 1], "only the reaction's push is withdrawn");
  assert.deepEqual(await run(({ bob }) => [made("🎉", bob)]), [0, 1], "one's own does not count");
  assert.deepEqual(await run(({ eve }) => [made("👍", eve)]), [0, 0]);
  assert.deepEqual(await run(({ ann }) => [made("👍", ann)]), [1, 0], "it was put back");
});

Deno.test("Withdrawals of a removed mention spare those who are still named or replied to", async () => {
  const run = async (fields: (world: NotificationWorld, bobs: string) => object) => {
    await using world = await NotificationWorld.make({
      messages: (each) => {
        const bobs = newId();
        return [{ mentions: [], ...fields(each, bobs) }, { id: bobs, senderId: each.bob }];
      },
    });
    const { bob, eve, messages: [{ id: messageId }] } = world;
    await notified(world, [{ key: `message:${messageId}` }]);
    const bobs = await world.shown({ kind: "mention" });
    await world.shown({ kind: "mention", userId: eve });
    await world.shown({ kind: "message" });
    await apply(world, [{ type: "unmentioned", messageId, userIds: [bob] }]);
    assert.ok(world.withdrawn.every((deviceId) => deviceId === bobs.deviceId));
    return [(await world.stored(bob)).length, world.withdrawn.length];
  };
  assert.deepEqual(await run(() => ({})), [0, 1]);
  assert.deepEqual(await run(({ bob }) => ({ mentions: [bob] })), [1, 0]);
  assert.deepEqual(await run((_, bobs) => ({ replyTo: bobs })), [1, 0]);
});

Deno.test("Withdrawals of a member who left take their notifications and pushes of that chat", async () => {
  await using world = await NotificationWorld.make();
  const { bob, eve } = world;
  const [, elsewhere] = await notified(world, [{}, { chatId: newId() }]);
  const push = await world.shown();
  await world.shown({ chatId: newId(), tag: "another chat" });
  await world.shown({ userId: eve });
  await apply(world, [{ type: "left", userId: bob }]);
  assert.deepEqual((await world.stored(bob)).map(({ id }) => id), [elsewhere.id]);
  assert.deepEqual(world.withdrawn, [push.deviceId]);
});

Deno.test("Withdrawals of a chat that was read, or written into, reach up to there", async () => {
  await using world = await NotificationWorld.make({
    messages: ({ bob }) => [{}, { senderId: bob }, {}],
  });
  const { bob, chat, messages: [, , third] } = world;
  const rows = await notified(world, [{}, { messageId: third.id }]);
  const old = await world.shown();
  await world.shown({ messageId: third.id, seq: third.seq });
  await world.shown({ kind: "added_to_group", messageId: null, seq: null, tag: "group" });
  await apply(world, [world.sent(1)]);
  assert.deepEqual(world.withdrawn, [old.deviceId]);
  const read = { notificationIds: [rows[0].id], readAt: new Date(T0).toISOString(), unread: 1 };
  assert.deepEqual(world.published, [{ userIds: [bob], event: "notification.read", data: read }]);
  assert.equal(await world.store.notifications.unread(bob), 1);
  world.withdrawals.chatRead(bob, chat.id, third.seq);
  await eventually("the other is withdrawn", () => world.withdrawn.length >= 2);
  await eventually("and read", async () => await world.store.notifications.unread(bob) === 0);
});

Deno.test("Withdrawals of pushes that were just shown are of chats that were read or left meanwhile", async () => {
  await using world = await NotificationWorld.make({
    members: { ann: { leftAt: T0 }, bob: { readSeq: 2 } },
  });
  const { ann, bob, eve } = world;
  const rows = [
    await world.shown({ userId: ann, seq: null }),
    await world.shown({ userId: bob }),
    await world.shown({ userId: bob, seq: 3 }),
    await world.shown({ userId: bob, seq: null }),
    await world.shown({ userId: eve }),
    await world.shown({ userId: newId() }),
    await world.shown({ chatId: null }),
  ];
  await world.withdrawals.shown(rows);
  const expected = [rows[0], rows[1], rows[5]].map(({ deviceId }) => deviceId);
  assert.deepEqual(world.withdrawn, expected);
});

Deno.test("Withdrawals of notifications that were read take their own pushes", async () => {
  await using world = await NotificationWorld.make();
  const { bob } = world;
  const [mention, security] = await notified(world, [
    { kind: "mention" },
    { kind: "security", chatId: null, messageId: null },
  ]);
  const pushes = [
    await world.shown({ kind: "mention" }),
    await world.shown({ tag: security.id, kind: "security", chatId: null, messageId: null }),
  ];
  await world.shown({ kind: "message" });
  await world.shown({ kind: "mention", messageId: newId(), tag: "another" });
  await world.withdrawals.notificationsRead(bob, [mention, security]);
  assert.deepEqual(world.withdrawn, pushes.map(({ deviceId }) => deviceId));
  world.written.length = 0;
  await world.withdrawals.allRead(bob);
  assert.equal(world.withdrawn.length, 3, "all but that of the message, which has its chat");
});

Deno.test("Withdrawals of a contact request that was answered take its notification and its push", async () => {
  await using world = await NotificationWorld.make();
  const { bob: userId } = world;
  const [row] = await notified(world, [
    { kind: "contact_request", key: "request:1", chatId: null, messageId: null },
  ]);
  const push = await world.shown({ tag: row.id, kind: "contact_request", chatId: null });
  world.withdrawals.requestSettled({ id: "1", userId });
  await eventually("its push is withdrawn", () => world.withdrawn.length > 0);
  assert.deepEqual(world.withdrawn, [push.deviceId]);
  assert.deepEqual(await world.stored(userId), []);
});

Deno.test("Withdrawals of several users are one entry each", async () => {
  await using world = await NotificationWorld.make();
  const rows = [await world.shown(), await world.shown(), await world.shown({ userId: world.eve })];
  await world.withdrawals.withdraw(rows);
  assert.deepEqual(world.written.map(({ occurrences }) => occurrences.length), [2, 1]);
  const claimed = await world.store.outbox.claim(T0 + 10_000, T0 + 20_000, 9);
  assert.deepEqual(new Set(claimed.map(({ id }) => id)), new Set(world.written.map((e) => e.id)));
  assert.deepEqual(await world.store.outbox.claim(T0 + 9_999, T0 + 20_000, 9), []);
});
