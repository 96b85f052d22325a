import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { BackupPersonalData } from "../../src/encryption/backup_personal_data.ts";
import { DevicePersonalData } from "../../src/encryption/device_personal_data.ts";
import type { Devices } from "../../src/encryption/devices.ts";
import type { ExportSection } from "../../src/users/personal_data.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite_store.ts";

async function rowsOf(sections: ExportSection[]): Promise<unknown[]> {
  return (await Promise.all(sections.map(({ rows }) => Array.fromAsync(rows)))).flat();
}

Deno.test("an erasure has not ended, and is repeated, while devices or backups could not be deleted", async () => {
  const broken = () => Promise.reject(new Error("the database is down"));
  const devices = new DevicePersonalData({ removeAllOf: broken } as unknown as Devices);
  await assert.rejects(devices.erase("ann"), { message: "the database is down" });
  const backups = new BackupPersonalData({ historyBackups: { deleteOf: broken } } as never);
  await assert.rejects(backups.erase("ann"), { message: "the database is down" });
});

Deno.test("the export has a user's devices and backup, and an erasure deletes the backup", async () => {
  const device = { id: newId(), userId: "ann", name: "Phone", signatureKey: "k", createdAt: 0 };
  const listed = { list: () => Promise.resolve([device]) } as unknown as Devices;
  const createdAt = "1970-01-01T00:00:00.000Z";
  assert.deepEqual(await rowsOf(new DevicePersonalData(listed).sections("ann")), [
    { id: device.id, name: "Phone", signatureKey: "k", createdAt },
  ]);
  const store = new SqliteStore(":memory:");
  const backups = new BackupPersonalData(store);
  const userId = newId();
  assert.deepEqual(await rowsOf(backups.sections(userId)), []);
  const backup = { id: newId(), userId, keyCheck: "c", parts: 0, createdAt: 0, updatedAt: 0 };
  await store.historyBackups.replace(backup);
  assert.deepEqual(await rowsOf(backups.sections(userId)), [
    { id: backup.id, parts: 0, createdAt, updatedAt: createdAt },
  ]);
  await backups.erase(userId);
  assert.deepEqual(await rowsOf(backups.sections(userId)), []);
  await store.close();
});
