import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Notification } from "../../../src/model/notification.ts";
import { aNotification, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function notificationContract(test: ContractTest): void {
  test("a notification is added once, by its key", async (store) => {
    const userId = newId();
    const first = aNotification({ userId, key: "a", data: { emoji: "👍" } });
    const again = aNotification({ userId, key: "a" });
    const others = [aNotification({ userId, key: "b", chatId: null }), aNotification({ key: "a" })];
    assert.deepEqual(await store.notifications.add([first, others[0]]), [first, others[0]]);
    assert.deepEqual(await store.notifications.add([again, others[1]]), [others[1]]);
    assert.deepEqual(await store.notifications.add([]), []);
    const twice = ["c", "c"].map((key) => aNotification({ key, userId: others[1].userId }));
    assert.deepEqual(await store.notifications.add(twice), [twice[0]]);
    assert.deepEqual(await store.notifications.byId(first.id), first);
    assert.equal(await store.notifications.byId(again.id), null);
    assert.deepEqual(await store.notifications.page(userId, null, 9), [others[0], first]);
  });

  test("pages are newest first, and only of the given person", async (store) => {
    const userId = newId();
    const rows = Array.from({ length: 5 }, () => aNotification({ userId }));
    await store.notifications.add([...rows, aNotification()]);
    const newest = rows.toReversed();
    assert.deepEqual(await store.notifications.page(userId, null, 2), newest.slice(0, 2));
    assert.deepEqual(await store.notifications.page(userId, newest[1].id, 9), newest.slice(2));
    assert.deepEqual(await store.notifications.page(newId(), null, 9), []);
  });

  test("trimming keeps the newest ones of a person", async (store) => {
    const userId = newId();
    const rows = Array.from({ length: 5 }, () => aNotification({ userId }));
    const other = aNotification();
    await store.notifications.add([...rows, other]);
    assert.equal(await store.notifications.trim(userId, 5), 0);
    assert.equal(await store.notifications.trim(userId, 2), 3);
    assert.deepEqual(await store.notifications.page(userId, null, 9), [rows[4], rows[3]]);
    assert.deepEqual(await store.notifications.page(other.userId, null, 9), [other]);
  });

  test("unread ones about messages of a chat are found, and marked as read once", async (store) => {
    const [userId, chatId] = [newId(), newId()];
    const [one, two, three] = Array.from(
      { length: 3 },
      () => aNotification({ userId, chatId, messageId: newId() }),
    );
    const others = [
      aNotification({ userId, chatId, messageId: null }),
      aNotification({ userId, messageId: newId() }),
      aNotification({ chatId, messageId: newId() }),
      aNotification({ userId, chatId, messageId: newId(), readAt: T0 }),
    ];
    await store.notifications.add([one, two, three, ...others]);
    const { notifications } = store;
    assert.deepEqual(await notifications.unreadOfChat(userId, chatId, 9), [three, two, one]);
    assert.deepEqual(await notifications.unreadOfChat(userId, chatId, 2), [three, two]);
    const ids = [one, two, others[2], others[3]].map(({ id }) => id);
    const marked = await notifications.markTheseRead(userId, ids, T0 + 1);
    assert.deepEqual(marked.toSorted(), [one.id, two.id].toSorted());
    assert.deepEqual(await notifications.markTheseRead(userId, ids, T0 + 2), []);
    assert.equal((await notifications.byId(one.id))!.readAt, T0 + 1);
    assert.deepEqual(await notifications.unreadOfChat(userId, chatId, 9), [three]);
  });

  test("notifications are withdrawn and returned by each kind of cause", async (store) => {
    const [userId, chatId, messageId, actorId] = [newId(), newId(), newId(), newId()];
    const ofMessage = [aNotification({ messageId }), aNotification({ userId, messageId })];
    const ofChat = aNotification({ userId, chatId });
    const ofKey = aNotification({ userId, key: "reaction:1" });
    const ofActor = [aNotification({ actorId }), aNotification({ actorId })];
    const kept = [aNotification({ userId }), aNotification({ chatId })];
    const rows = [...ofMessage, ofChat, ofKey, ...ofActor, ...kept];
    await store.notifications.add(rows);
    const withdraw = store.notifications.withdraw.bind(store.notifications);
    const byId = (found: Notification[]) => found.toSorted((a, b) => a.id < b.id ? -1 : 1);
    assert.deepEqual(byId(await withdraw({ messageId }, 9)), byId(ofMessage));
    assert.deepEqual(await withdraw({ messageId }, 9), []);
    assert.deepEqual(await withdraw({ userId, chatId }, 9), [ofChat]);
    assert.deepEqual(await withdraw({ userId, key: "reaction:1" }, 9), [ofKey]);
    assert.equal((await withdraw({ actorId }, 1)).length, 1);
    assert.equal((await withdraw({ actorId }, 9)).length, 1);
    for (const { id } of kept) assert.notEqual(await store.notifications.byId(id), null);
  });

  test("reading counts once, and only for the owner", async (store) => {
    const userId = newId();
    const rows = Array.from({ length: 3 }, () => aNotification({ userId }));
    const other = aNotification();
    await store.notifications.add([...rows, other]);
    assert.equal(await store.notifications.unread(userId), 3);
    const read = { ...rows[0], readAt: T0 + 1 };
    assert.deepEqual(await store.notifications.markRead(userId, rows[0].id, T0 + 1), read);
    assert.deepEqual(await store.notifications.markRead(userId, rows[0].id, T0 + 2), read);
    assert.equal(await store.notifications.markRead(userId, other.id, T0 + 1), null);
    assert.equal(await store.notifications.unread(userId), 2);
    assert.equal(await store.notifications.markAllRead(userId, T0 + 3), 2);
    assert.equal(await store.notifications.markAllRead(userId, T0 + 4), 0);
    assert.equal(await store.notifications.unread(userId), 0);
    assert.equal(await store.notifications.unread(other.userId), 1);
    assert.deepEqual((await store.notifications.page(userId, null, 9)).map((row) => row.readAt), [
      T0 + 3,
      T0 + 3,
      T0 + 1,
    ]);
  });

  test("notifications are deleted by person and by age, with the person's settings", async (store) => {
    const [mine, old, other] = [
      aNotification(),
      aNotification({ createdAt: T0 - 1 }),
      aNotification(),
    ];
    await store.notifications.add([mine, old, other]);
    const { userId } = mine;
    await store.notifications.putSettings({ userId, off: [], quietHours: null, hideContent: true });
    assert.equal(await store.notifications.purge(T0), 1);
    assert.equal(await store.notifications.byId(old.id), null);
    assert.equal(await store.notifications.deleteAllOf(userId), 1);
    assert.equal(await store.notifications.deleteAllOf(userId), 0);
    assert.deepEqual(await store.notifications.settingsOf([userId]), []);
    assert.deepEqual(await store.notifications.byId(other.id), other);
  });

  test("settings are stored whole, and read for many", async (store) => {
    const [a, b] = [newId(), newId()];
    const quietHours = { start: 1320, end: 420, timeZone: "Europe/Berlin" };
    const settings = { userId: a, off: ["reaction" as const], quietHours, hideContent: false };
    await store.notifications.putSettings({ ...settings, off: [], hideContent: true });
    await store.notifications.putSettings(settings);
    assert.deepEqual(await store.notifications.settingsOf([a, b]), [settings]);
    assert.deepEqual(await store.notifications.settingsOf([b]), []);
  });
}
