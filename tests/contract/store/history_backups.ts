import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { HistoryBackup } from "../../../src/model/history_backup.ts";
import { T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

function aBackup(fields: Partial<HistoryBackup> = {}): HistoryBackup {
  const [id, userId] = [newId(), newId()];
  return { id, userId, keyCheck: "Y2hlY2s", parts: 0, createdAt: T0, updatedAt: T0, ...fields };
}

const OPTIONS = { maxParts: 2, now: T0 + 1 };

export function historyBackupContract(test: ContractTest): void {
  test("a history backup keeps one part under each name, and counts them", async (store) => {
    const backup = aBackup();
    const { id: backupId, userId } = backup;
    await store.historyBackups.replace(backup);
    const put = (name: string, data: string) =>
      store.historyBackups.putPart(userId, { backupId, name, data }, OPTIONS);
    assert.equal(await put("b", "b1"), "stored");
    assert.equal(await put("a", "a1"), "stored");
    assert.equal(await put("b", "b2"), "stored");
    assert.equal(await put("c", "c1"), "full");
    const stored = { ...backup, parts: 2, updatedAt: T0 + 1 };
    assert.deepEqual(await store.historyBackups.ofUser(userId), stored);
    const [a, b] = [{ backupId, name: "a", data: "a1" }, { backupId, name: "b", data: "b2" }];
    assert.deepEqual(await store.historyBackups.parts(backupId, null, 10), [a, b]);
    assert.deepEqual(await store.historyBackups.parts(backupId, null, 1), [a]);
    assert.deepEqual(await store.historyBackups.parts(backupId, "a", 10), [b]);
  });

  test("a history backup goes with its parts, and a part of another one is refused", async (store) => {
    const first = aBackup();
    const { userId } = first;
    const part = { backupId: first.id, name: "a", data: "a1" };
    assert.equal(await store.historyBackups.putPart(userId, part, OPTIONS), "gone");
    await store.historyBackups.replace(first);
    assert.equal(await store.historyBackups.putPart(newId(), part, OPTIONS), "gone");
    assert.equal(await store.historyBackups.putPart(userId, part, OPTIONS), "stored");
    const second = aBackup({ userId });
    await store.historyBackups.replace(second);
    assert.deepEqual(await store.historyBackups.ofUser(userId), second);
    assert.deepEqual(await store.historyBackups.parts(first.id, null, 10), []);
    assert.equal(await store.historyBackups.putPart(userId, part, OPTIONS), "gone");
    assert.equal(await store.historyBackups.deleteOf(userId), true);
    assert.equal(await store.historyBackups.deleteOf(userId), false);
    assert.equal(await store.historyBackups.ofUser(userId), null);
  });

  test(
    "parts that are put into a history backup at once are all counted",
    async (store, opened) => {
      const other = await opened.second();
      const backup = aBackup();
      const { id: backupId, userId } = backup;
      await store.historyBackups.replace(backup);
      const outcomes = await Promise.all(
        ["a", "b", "c", "d"].map((name, at) =>
          (at % 2 === 0 ? store : other).historyBackups.putPart(
            userId,
            { backupId, name, data: "x" },
            OPTIONS,
          )
        ),
      );
      assert.deepEqual(outcomes.toSorted(), ["full", "full", "stored", "stored"]);
      assert.equal((await store.historyBackups.ofUser(userId))?.parts, 2);
      assert.equal((await store.historyBackups.parts(backupId, null, 10)).length, 2);
    },
  );
}
