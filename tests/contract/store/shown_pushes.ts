import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { ShownPush } from "../../../src/model/shown_push.ts";
import { T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

function aShownPush(fields: Partial<ShownPush> = {}): ShownPush {
  return {
    deviceId: newId(),
    userId: newId(),
    tag: newId(),
    kind: "message",
    chatId: newId(),
    messageId: newId(),
    seq: 7,
    shownAt: T0,
    ...fields,
  };
}

const byDevice = (rows: ShownPush[]) => rows.toSorted((a, b) => a.deviceId < b.deviceId ? -1 : 1);

export function shownPushContract(test: ContractTest): void {
  test("shown pushes are found by person, chat, tag and message", async (store) => {
    const [userId, messageId] = [newId(), newId()];
    const one = aShownPush({ userId, messageId });
    const two = aShownPush({ userId, chatId: null, messageId: null, seq: null, kind: "security" });
    const other = aShownPush({ messageId, kind: "reaction" });
    await store.shownPushes.put([one, two, other]);
    const find = store.shownPushes.find.bind(store.shownPushes);
    assert.deepEqual(byDevice(await find({ userId }, 9)), byDevice([one, two]));
    assert.deepEqual(await find({ userId, chatId: one.chatId! }, 9), [one]);
    assert.deepEqual(await find({ userId, tag: two.tag }, 9), [two]);
    assert.deepEqual(byDevice(await find({ messageId }, 9)), byDevice([one, other]));
    assert.equal((await find({ messageId }, 1)).length, 1);
    assert.deepEqual(await find({ userId: newId() }, 9), []);
    await store.shownPushes.put([]);
  });

  test("a later push of one tag replaces the earlier one, and is not removed with it", async (store) => {
    const first = aShownPush();
    const later = { ...first, messageId: newId(), seq: 8, shownAt: T0 + 1 };
    await store.shownPushes.put([first]);
    await store.shownPushes.put([later]);
    const { userId } = first;
    assert.deepEqual(await store.shownPushes.find({ userId }, 9), [later]);
    await store.shownPushes.remove([first]);
    assert.deepEqual(await store.shownPushes.find({ userId }, 9), [later]);
    await store.shownPushes.remove([later]);
    assert.deepEqual(await store.shownPushes.find({ userId }, 9), []);
    await store.shownPushes.remove([]);
  });

  test("shown pushes are deleted by age, and by person", async (store) => {
    const userId = newId();
    const [old, recent] = [0, 1].map((later) => aShownPush({ userId, shownAt: T0 + later }));
    await store.shownPushes.put([old, recent]);
    assert.equal(await store.shownPushes.purge(T0 + 1) >= 1, true);
    assert.deepEqual(await store.shownPushes.find({ userId }, 9), [recent]);
    assert.equal(await store.shownPushes.deleteAllOf(userId), 1);
    assert.deepEqual(await store.shownPushes.find({ userId }, 9), []);
  });
}
