import type { Db } from "mongodb";
import { countedBytes, type Media, type StorageUsage } from "../../../model/media.ts";
import type { Document } from "../documents.ts";
import type { MigrationStep } from "./step.ts";

const BATCH = 500;

/**
 * Counts each person's storage usage. Concurrent writes by an instance of an earlier release are
 * not counted.
 */
export const step: MigrationStep = {
  name: "0002_storage_usage",
  async run(db: Db): Promise<void> {
    const usage = db.collection<StorageUsage & { _id: string }>("storage_usage");
    const writes = [...await usageByOwner(db)].map(([_id, counted]) => ({
      replaceOne: { filter: { _id }, replacement: counted, upsert: true },
    }));
    for (let at = 0; at < writes.length; at += BATCH) {
      await usage.bulkWrite(writes.slice(at, at + BATCH));
    }
  },
};

async function usageByOwner(db: Db): Promise<Map<string, StorageUsage>> {
  const owners = new Map<string, StorageUsage>();
  const projection = { ownerId: 1, size: 1, status: 1, upload: 1 };
  const media = db.collection<Document<Media>>("media").find({}, { projection });
  for await (const row of media) {
    const { bytes, openUploads } = owners.get(row.ownerId) ?? { bytes: 0, openUploads: 0 };
    owners.set(row.ownerId, {
      bytes: bytes + countedBytes(row),
      openUploads: openUploads + (row.status === "pending" ? 1 : 0),
    });
  }
  return owners;
}
