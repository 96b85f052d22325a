import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { OutboxEntry, OutboxEvent } from "../../../src/model/outbox_entry.ts";
import type { PushDevice } from "../../../src/model/push_device.ts";
import type { ShownPush } from "../../../src/model/shown_push.ts";
import type { PushResult } from "../../../src/notifications/push/sender.ts";
import { aNotification, anOutboxEntry, storedChat, T0 } from "../../contract/store/rows.ts";
import { DispatchWorld } from "./dispatch_world.ts";

/** A message that devices of away users are to show, as their round has it. */
async function aMessageFor(world: DispatchWorld, userIds: string[]) {
  const senderId = newId();
  const members = userIds.map((userId) => ({ userId }));
  const { chat, messages: [message] } = await storedChat(world.store, {
    members,
    messages: [{ senderId, text: "hello" }],
  });
  const { id: messageId, seq } = message;
  const event: OutboxEvent = {
    type: "message",
    messageId,
    seq,
    senderId,
    mentions: [],
    replyTo: null,
  };
  const entry = anOutboxEntry({ chatId: chat.id, occurrences: [event] });
  const shared = { kind: "message", actorId: senderId, messageId, data: {} } as const;
  const showings = userIds.map((userId) => ({ userId, ...shared, event, entry }));
  return { chat, message, entry, showings };
}

function shownBy({ id: deviceId, userId }: PushDevice, fields: Partial<ShownPush> = {}): ShownPush {
  const chatId = newId();
  const rest = { kind: "message", chatId, messageId: newId(), seq: 2, shownAt: T0 } as const;
  return { deviceId, userId, tag: chatId, ...rest, ...fields };
}

function withdrawalOf(...rows: ShownPush[]): OutboxEntry {
  const occurrences = rows.map(({ userId, deviceId, tag, shownAt }) => ({
    type: "withdrawn" as const,
    userId,
    deviceId,
    tag,
    shownAt,
  }));
  return anOutboxEntry({ chatId: null, occurrences });
}

const tokenOf = ({ address }: PushDevice) => address.kind === "fcm" ? address.token : "";

const without = ({ id: _, ...rest }: OutboxEntry) => rest;

Deno.test("PushDispatch records a delivered push as shown, with its place in the chat", async () => {
  await using world = new DispatchWorld();
  const device = await world.device();
  const { chat, message, showings } = await aMessageFor(world, [device.userId]);
  assert.deepEqual(await world.showChat(chat, showings), []);
  const row = shownBy(device, {
    tag: chat.id,
    chatId: chat.id,
    messageId: message.id,
    seq: message.seq,
  });
  assert.deepEqual(world.shown, [row]);
  assert.deepEqual(await world.store.shownPushes.find({ messageId: message.id }, 9), [row]);
});

Deno.test("PushDispatch records nothing as shown where a push was refused, and retries only what may succeed", async () => {
  await using world = new DispatchWorld();
  const devices = [await world.device(), await world.device(), await world.device()];
  const [, rejected, retried] = devices;
  const results: PushResult[] = [
    { outcome: "gone", reason: "unregistered" },
    { outcome: "rejected", reason: "too long" },
    { outcome: "retry", reason: "busy" },
  ];
  devices.forEach((device, i) => world.resultOf.set(tokenOf(device), results[i]));
  const userIds = devices.map(({ userId }) => userId);
  const { chat, entry, showings } = await aMessageFor(world, userIds);
  const retries = await world.showChat(chat, showings);
  assert.equal(retries.length, 1);
  const [{ dueAt }] = retries;
  const again = { ...without(entry), deviceIds: [retried.id], attempts: 1, dueAt };
  assert.deepEqual(without(retries[0]), again);
  assert.ok(dueAt > T0);
  assert.deepEqual(world.shown, []);
  assert.deepEqual(await world.store.pushDevices.ofUsers(userIds), [rejected, retried]);
});

Deno.test("PushDispatch keeps retries of different waits apart, and those of one wait together", async () => {
  await using world = new DispatchWorld();
  const waits = [7_000, 7_000, 90_000];
  const devices = [await world.device(), await world.device(), await world.device()];
  devices.forEach((device, i) =>
    world.resultOf.set(tokenOf(device), { outcome: "retry", reason: "busy", afterMs: waits[i] })
  );
  const { chat, showings } = await aMessageFor(world, devices.map(({ userId }) => userId));
  const retries = await world.showChat(chat, showings);
  assert.deepEqual(retries.map(({ deviceIds }) => deviceIds), [
    [devices[0].id, devices[1].id],
    [devices[2].id],
  ]);
  assert.deepEqual(retries.map(({ dueAt }) => dueAt - T0), [7_000, 90_000]);
});

Deno.test("PushDispatch follows a push that is not done in time: its entry stays until it is", async () => {
  await using world = new DispatchWorld({ roundMs: 1 });
  const { promise, resolve } = Promise.withResolvers<PushResult>();
  world.result = promise;
  const device = await world.device();
  const { chat, showings } = await aMessageFor(world, [device.userId]);
  assert.deepEqual(await world.showChat(chat, showings), []);
  const { outbox } = world.store;
  const far = T0 + 3_600_000;
  assert.deepEqual(await outbox.claim(T0 + 60_000, far, 9), [], "nobody else sends it meanwhile");
  assert.equal(await outbox.firstDue(far), T0 + 300_000, "a crash does not lose it");
  resolve({ outcome: "delivered" });
  await world.dispatch.idle();
  assert.equal(await outbox.firstDue(far), null);
  assert.deepEqual(world.shown.map(({ deviceId }) => deviceId), [device.id]);
});

Deno.test("PushDispatch retries a push that fails after its round", async () => {
  await using world = new DispatchWorld({ roundMs: 1 });
  const { promise, resolve } = Promise.withResolvers<PushResult>();
  world.result = promise;
  const device = await world.device();
  const { chat, showings } = await aMessageFor(world, [device.userId]);
  await world.showChat(chat, showings);
  resolve({ outcome: "retry", reason: "busy" });
  await world.dispatch.idle();
  const left = await world.store.outbox.claim(T0 + 3_600_000, T0, 9);
  assert.deepEqual(left.map(({ deviceIds, attempts }) => [deviceIds, attempts]), [
    [[device.id], 1],
  ]);
});

Deno.test("PushDispatch withdraws what a device still shows, and nothing that has taken its place", async () => {
  await using world = new DispatchWorld();
  world.badge = 4;
  const device = await world.device();
  const [row, replaced] = [shownBy(device), shownBy(device)];
  // Another device shows the same, and an earlier one's row is found first.
  const elsewhere = { ...row, deviceId: "0".repeat(row.deviceId.length) };
  const newer = { ...replaced, shownAt: T0 + 1, messageId: newId() };
  await world.store.shownPushes.put([row, elsewhere, newer]);
  assert.deepEqual(await world.dispatch.withdraw(withdrawalOf(row, replaced)), []);
  const { chatId, messageId, tag } = row;
  assert.deepEqual(world.pushes, [{
    collapseKey: tag,
    alert: null,
    badge: 4,
    data: { type: "withdrawn", tag, chatId, messageId },
    urgency: "normal",
    ttl: 86_400,
  }]);
  assert.deepEqual(world.sentTo, [device.address]);
  const left = await world.store.shownPushes.find({ userId: device.userId }, 9);
  const ofDevices = (rows: ShownPush[]) => new Set(rows.map((each) => each.deviceId + each.tag));
  assert.deepEqual(ofDevices(left), ofDevices([elsewhere, newer]));
});

Deno.test("PushDispatch retries a withdrawal on the devices that did not get it, and on no others", async () => {
  await using world = new DispatchWorld();
  const [a, b] = [await world.device(), await world.device()];
  const rows = [shownBy(a), shownBy(b)];
  await world.store.shownPushes.put(rows);
  world.resultOf.set(tokenOf(b), { outcome: "retry", reason: "busy" });
  const [retry] = await world.dispatch.withdraw(withdrawalOf(...rows));
  assert.deepEqual([retry.deviceIds, retry.occurrences.length], [[b.id], 1]);
  assert.equal((await world.store.shownPushes.find({ userId: b.userId }, 9)).length, 1);
  world.resultOf.clear();
  world.sentTo.length = 0;
  await world.store.shownPushes.put(rows);
  await world.dispatch.withdraw({ ...withdrawalOf(...rows), deviceIds: [b.id] });
  assert.deepEqual(world.sentTo, [b.address]);
});

Deno.test("PushDispatch forgets what a removed device showed", async () => {
  await using world = new DispatchWorld();
  const device = await world.device();
  const row = shownBy(device);
  await world.store.shownPushes.put([row]);
  await world.store.pushDevices.remove(device.userId, device.id);
  assert.deepEqual(await world.dispatch.withdraw(withdrawalOf(row)), []);
  assert.deepEqual(world.sentTo, []);
  assert.deepEqual(await world.store.shownPushes.find({ userId: device.userId }, 9), []);
});

Deno.test("PushDispatch pushes a notification until it is read, and records it under its id", async () => {
  await using world = new DispatchWorld();
  const device = await world.device();
  const { userId } = device;
  const data = { action: "password.changed" };
  const row = aNotification({ userId, kind: "security", chatId: null, messageId: null, data });
  await world.store.notifications.add([row]);
  const event = { type: "notification", notificationId: row.id, userId } as const;
  const entry = anOutboxEntry({ chatId: null, occurrences: [event] });
  assert.deepEqual(await world.dispatch.showNotification(entry), []);
  assert.deepEqual(world.pushes.map(({ alert, data }) => [alert?.body, data]), [
    ["Your password was changed", { type: "security", notificationId: row.id }],
  ]);
  assert.deepEqual(world.shown.map(({ tag, chatId }) => [tag, chatId]), [[row.id, null]]);
  await world.store.notifications.markRead(userId, row.id, T0);
  await world.dispatch.showNotification(entry);
  assert.equal(world.pushes.length, 1);
});

Deno.test("PushDispatch respects kinds that are off, quiet hours and hidden content", async () => {
  await using world = new DispatchWorld();
  const { userId } = await world.device();
  const { chat, showings } = await aMessageFor(world, [userId]);
  const pushed = async (settings: object) => {
    const complete = { userId, off: [], quietHours: null, hideContent: false, ...settings };
    await world.store.notifications.putSettings(complete);
    world.pushes.length = 0;
    await world.showChat(chat, showings);
    return world.pushes.map(({ alert }) => alert?.body ?? null);
  };
  const quiet = { start: 0, end: 1_439, timeZone: "UTC" };
  assert.deepEqual(await pushed({}), ["Someone: hello"]);
  assert.deepEqual(await pushed({ hideContent: true }), [null]);
  assert.deepEqual(await pushed({ off: ["mention"] }), ["Someone: hello"]);
  assert.deepEqual(await pushed({ off: ["message"] }), []);
  assert.deepEqual(await pushed({ quietHours: quiet }), []);
});

Deno.test("PushDispatch sends the retry of a push to the devices that it names only", async () => {
  await using world = new DispatchWorld();
  const [a, b] = [await world.device(), await world.device()];
  const { chat, entry, showings } = await aMessageFor(world, [a.userId, b.userId]);
  const retry = { ...entry, deviceIds: [b.id], attempts: 1 };
  await world.showChat(chat, showings.map((each) => ({ ...each, entry: retry })));
  assert.deepEqual(world.sentTo, [b.address]);
});
