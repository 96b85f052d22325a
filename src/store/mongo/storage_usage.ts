import type { ClientSession, Collection } from "mongodb";
import { countedBytes, type Media, type StorageUsage } from "../../model/media.ts";
import type { StorageQuota } from "../media_store.ts";
import { checkQuota } from "../store.ts";
import type { MongoConnection } from "./connection.ts";
import { eq } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

export const STORAGE_USAGE: CollectionSpec = { name: "storage_usage", indexes: [] };

interface UsageDocument extends StorageUsage {
  /** Id of the user. */
  _id: string;
}

type Counted = Pick<Media, "ownerId" | "status" | "size" | "upload">;

/** Storage usage of each person's uploads, counted in the transaction of each write to them. */
export class MongoStorageUsage {
  readonly #usage: Collection<UsageDocument>;

  constructor(mongo: MongoConnection) {
    this.#usage = mongo.collection(STORAGE_USAGE);
  }

  async of(userId: string): Promise<StorageUsage> {
    return usageOf(await this.#usage.findOne({ _id: eq(userId) }));
  }

  /** Runs within the caller's transaction; throws `QuotaExceeded`, which aborts it. */
  async change(
    before: Counted | null,
    after: Counted | null,
    session: ClientSession,
    quota?: StorageQuota,
  ): Promise<void> {
    const added = {
      bytes: bytesOf(after) - bytesOf(before),
      openUploads: openIn(after) - openIn(before),
    };
    const _id = eq((after ?? before)!.ownerId);
    if (added.bytes !== 0 || added.openUploads !== 0) {
      const counted = await this.#usage.findOneAndUpdate(
        { _id },
        { $inc: added },
        { upsert: true, returnDocument: "after", session },
      );
      checkQuota(added, usageOf(counted), quota);
    }
    if (after !== null) return;
    // The last upload of a person takes the row with it, so that no trace of them stays.
    const nothing = { bytes: { $lte: 0 }, openUploads: { $lte: 0 } };
    await this.#usage.deleteOne({ _id, ...nothing }, { session });
  }
}

/** Never negative, whatever an instance of an earlier release did not count. */
function usageOf(document: UsageDocument | null): StorageUsage {
  const { bytes = 0, openUploads = 0 } = document ?? {};
  return { bytes: Math.max(0, bytes), openUploads: Math.max(0, openUploads) };
}

function bytesOf(media: Counted | null): number {
  return media === null ? 0 : countedBytes(media);
}

function openIn(media: Counted | null): number {
  return media?.status === "pending" ? 1 : 0;
}
