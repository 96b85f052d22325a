import assert from "node:assert/strict";
import { MemoryRateLimiter } from "../../src/cluster/local/rate_limiter.ts";
import type { Clock } from "../../src/core/clock.ts";
import { newId } from "../../src/core/ids.ts";
import type { ContactRequest } from "../../src/model/contact.ts";
import { silentLog } from "../../src/core/log.ts";
import { RequestNotices } from "../../src/notifications/request_notices.ts";
import { T0 } from "../contract/store/rows.ts";
import { NotificationWorld } from "./notification_world.ts";

function noticesOf(world: NotificationWorld, clock: Clock = { now: () => T0 }): RequestNotices {
  const { store, notifications } = world;
  return new RequestNotices({
    store,
    notifications,
    limiter: new MemoryRateLimiter(clock),
    log: silentLog,
  });
}

function requestOf(world: NotificationWorld): ContactRequest {
  return {
    id: newId(),
    kind: "direct",
    userId: world.bob,
    fromId: world.eve,
    chatId: world.chat.id,
    createdAt: T0,
    expiresAt: T0 + 1_000,
    declinedAt: null,
  };
}

Deno.test("RequestNotices notifies of a contact request, and pushes it once", async () => {
  await using world = await NotificationWorld.make();
  const request = requestOf(world);
  await noticesOf(world).notify(request);
  const [stored, ...others] = await world.stored(world.bob);
  assert.deepEqual(others, []);
  const { kind, actorId, chatId, data } = stored;
  assert.deepEqual({ kind, actorId, chatId, data }, {
    kind: "contact_request",
    actorId: world.eve,
    chatId: null,
    data: { requestId: request.id, kind: "direct" },
  });
  const expected = [{ type: "notification", notificationId: stored.id, userId: world.bob }];
  assert.deepEqual(world.written.map(({ occurrences }) => occurrences), [expected]);
  const due = await world.store.outbox.claim(T0 + 10_000, T0 + 20_000, 10);
  assert.deepEqual(due.map(({ id }) => id), world.written.map(({ id }) => id));
});

Deno.test("RequestNotices notifies of no contact request once the user has turned them off", async () => {
  await using world = await NotificationWorld.make();
  const settings = { userId: world.bob, quietHours: null, hideContent: false };
  await world.store.notifications.putSettings({ ...settings, off: ["contact_request"] });
  await noticesOf(world).notify(requestOf(world));
  assert.deepEqual([await world.stored(world.bob), world.written], [[], []]);
  await world.store.notifications.putSettings({ ...settings, off: ["message"] });
  await noticesOf(world).notify(requestOf(world));
  assert.equal((await world.stored(world.bob)).length, 1, "another kind is off");
});

Deno.test("RequestNotices bounds the notifications of one sender, for a chat and for all of them", async () => {
  await using world = await NotificationWorld.make();
  const clock = { ahead: 0, now: () => T0 + clock.ahead };
  const notices = noticesOf(world, clock);
  const notify = async (chatId: string) => {
    const before = world.written.length;
    await notices.notify({ ...requestOf(world), chatId });
    return world.written.length - before;
  };
  const chatId = newId();
  const times = [await notify(chatId), await notify(chatId), await notify(chatId)];
  assert.deepEqual(times, [1, 1, 0], "the same chat");
  let others = 0;
  for (let i = 0; i < 20; i++) others += await notify(newId());
  assert.equal(others, 8, "chats made for it");
  clock.ahead = 24 * 3_600_000;
  assert.equal(await notify(chatId), 1, "a day later");
});
