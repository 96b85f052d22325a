import type { ClientSession, Collection } from "mongodb";
import type { Media, MediaStatus, StorageUsage } from "../../model/media.ts";
import type { MediaUse } from "../chat_store.ts";
import type { MediaPatch, MediaStore, StorageQuota } from "../media_store.ts";
import { MediaGone } from "../store.ts";
import type { MongoConnection } from "./connection.ts";
import { definedFields, type Document, eq, fromDocument, toDocument } from "./documents.ts";
import { mediaChanged } from "../webhook_events.ts";
import type { CollectionSpec } from "./indexes.ts";
import { MongoStorageUsage } from "./storage_usage.ts";
import type { Transact } from "./transaction.ts";
import { MongoWebhookDeliveryStore } from "./webhook_deliveries.ts";

export const MEDIA: CollectionSpec = {
  name: "media",
  indexes: [
    { name: "ofOwner", key: { ownerId: 1, _id: 1 } },
    { name: "due", key: { checkAt: 1 }, partialFilterExpression: { checkAt: { $gt: 0 } } },
    { name: "ofBlob", key: { blobId: 1 } },
  ],
};

/** Fields that affect the owner's usage. */
const COUNTED_FIELDS = ["size", "status", "upload"] as const;

export class MongoMediaStore implements MediaStore {
  readonly #media: Collection<Document<Media>>;
  readonly #usage: MongoStorageUsage;
  readonly #deliveries: MongoWebhookDeliveryStore;
  readonly #transact: Transact;

  constructor(mongo: MongoConnection) {
    this.#media = mongo.collection(MEDIA);
    this.#usage = new MongoStorageUsage(mongo);
    this.#deliveries = new MongoWebhookDeliveryStore(mongo);
    this.#transact = mongo.transact;
  }

  async create(media: Media, quota?: StorageQuota): Promise<void> {
    await this.#transact((session) => this.#insert(media, session, quota));
  }

  async createShared(media: Media, sourceId: string, quota: StorageQuota): Promise<boolean> {
    return await this.#transact(async (session) => {
      // A write, so that a concurrent deletion of the source conflicts with this transaction.
      const source = rowOf(
        await this.#media.findOneAndUpdate(
          { _id: eq(sourceId), status: "ready" },
          { $inc: { shares: 1 } } as object,
          { session },
        ),
      );
      if (source?.blobId !== media.blobId) return false;
      await this.#insert(media, session, quota);
      return true;
    });
  }

  async sharedBy(ownerId: string, blobId: string): Promise<Media | null> {
    const [first] = await this.#media
      .find({ ...ofBlob(blobId), ownerId: eq(ownerId), status: "ready" })
      .sort({ _id: 1 }).limit(1).toArray();
    return rowOf(first ?? null);
  }

  async isBlobUsed(blobId: string): Promise<boolean> {
    const found = await this.#media.findOne({ ...ofBlob(blobId), status: { $ne: "deleting" } });
    return found !== null;
  }

  async usage(ownerId: string): Promise<StorageUsage> {
    return await this.#usage.of(ownerId);
  }

  async byId(id: string): Promise<Media | null> {
    return rowOf(await this.#media.findOne({ _id: eq(id) }));
  }

  async byIds(ids: string[]): Promise<Media[]> {
    return (await this.#media.find({ _id: { $in: ids } }).toArray()).map(read);
  }

  async ofOwner(ownerId: string, after: string | null, limit: number): Promise<Media[]> {
    const found = this.#media
      .find({ ownerId: eq(ownerId), _id: { $gt: after ?? "" } })
      .sort({ _id: 1 }).limit(limit);
    return (await found.toArray()).map(read);
  }

  async update(
    id: string,
    status: MediaStatus,
    patch: MediaPatch,
    quota?: StorageQuota,
  ): Promise<Media | null> {
    const filter = { _id: eq(id), status: eq(status) };
    const fields = definedFields(patch);
    if (Object.keys(fields).length === 0) return rowOf(await this.#media.findOne(filter));
    const update = { $set: fields };
    if (!COUNTED_FIELDS.some((field) => field in fields)) {
      return rowOf(await this.#media.findOneAndUpdate(filter, update, { returnDocument: "after" }));
    }
    return await this.#transact(async (session) => {
      const before = rowOf(await this.#media.findOneAndUpdate(filter, update, { session }));
      if (before === null) return null;
      const after = { ...before, ...fields };
      await this.#changed(before, after, session, quota);
      return after;
    });
  }

  async due(now: number, limit: number): Promise<Media[]> {
    // The lower bound excludes null, and lets the partial index be used.
    const found = this.#media
      .find({ checkAt: { $gt: 0, $lte: now } })
      .sort({ checkAt: 1, _id: 1 }).limit(limit);
    return (await found.toArray()).map(read);
  }

  async markDeleting(id: string, checkAt: number): Promise<boolean> {
    return await this.#transact(async (session) => {
      const before = rowOf(
        await this.#media.findOneAndUpdate(
          { _id: eq(id), uses: { $lte: 0 }, checkAt: eq(checkAt) },
          { $set: { status: "deleting" } },
          { session },
        ),
      );
      if (before === null) return false;
      await this.#changed(before, { ...before, status: "deleting" }, session);
      return true;
    });
  }

  async remove(id: string): Promise<void> {
    await this.#transact(async (session) => {
      const before = rowOf(await this.#media.findOneAndDelete({ _id: eq(id) }, { session }));
      if (before !== null) await this.#changed(before, null, session);
    });
  }

  /** Runs within the caller's transaction. */
  async use({ mediaId, by }: MediaUse, now: number, session: ClientSession): Promise<void> {
    const gains = by > 0;
    const { matchedCount } = await this.#media.updateOne(
      { _id: eq(mediaId), ...(gains && { status: "ready" as const }) },
      { $inc: { uses: by }, $set: { checkAt: gains ? null : now } },
      { session },
    );
    if (gains && matchedCount === 0) throw new MediaGone(mediaId);
  }

  async #insert(media: Media, session: ClientSession, quota?: StorageQuota): Promise<void> {
    await this.#media.insertOne(toDocument(media), { session });
    await this.#changed(null, media, session, quota);
  }

  /** Everything that is written with a change of an upload. */
  async #changed(
    before: Media | null,
    after: Media | null,
    session: ClientSession,
    quota?: StorageQuota,
  ): Promise<void> {
    await this.#usage.change(before, after, session, quota);
    await this.#deliveries.record(session, ...mediaChanged(before, after));
  }
}

/** The number of shares is only written, to conflict with a deletion. */
function read({ shares: _, ...document }: Document<Media> & { shares?: number }): Media {
  const media = fromDocument<Media>(document as Document<Media>);
  // A row of an earlier release has unshared bytes, and no details.
  return { ...media, blobId: media.blobId ?? media.id, tus: media.tus ?? null };
}

function rowOf(document: Document<Media> | null): Media | null {
  return document && read(document);
}

function ofBlob(blobId: string) {
  return { $or: [{ _id: eq(blobId) }, { blobId: eq(blobId) }] };
}
