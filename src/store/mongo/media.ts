import type { ClientSession, Collection } from "mongodb";
import type { Media, MediaStatus } from "../../model/media.ts";
import type { MediaUse } from "../chat_store.ts";
import type { MediaPatch, MediaStore } from "../media_store.ts";
import { MediaGone } from "../store.ts";
import type { MongoConnection } from "./connection.ts";
import {
  definedFields,
  type Document,
  eq,
  fromDocument,
  fromDocumentOrNull,
  toDocument,
} from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

export const MEDIA: CollectionSpec = {
  name: "media",
  indexes: [
    { name: "ofOwner", key: { ownerId: 1, _id: 1 } },
    { name: "due", key: { checkAt: 1 }, partialFilterExpression: { checkAt: { $gt: 0 } } },
  ],
};

export class MongoMediaStore implements MediaStore {
  readonly #media: Collection<Document<Media>>;

  constructor(mongo: MongoConnection) {
    this.#media = mongo.collection(MEDIA);
  }

  async create(media: Media): Promise<void> {
    await this.#media.insertOne(toDocument(media));
  }

  async byId(id: string): Promise<Media | null> {
    return fromDocumentOrNull<Media>(await this.#media.findOne({ _id: eq(id) }));
  }

  async byIds(ids: string[]): Promise<Media[]> {
    return (await this.#media.find({ _id: { $in: ids } }).toArray()).map(fromDocument<Media>);
  }

  async ofOwner(ownerId: string, after: string | null, limit: number): Promise<Media[]> {
    const found = this.#media
      .find({ ownerId: eq(ownerId), _id: { $gt: after ?? "" } })
      .sort({ _id: 1 }).limit(limit);
    return (await found.toArray()).map(fromDocument<Media>);
  }

  async update(id: string, status: MediaStatus, patch: MediaPatch): Promise<Media | null> {
    const filter = { _id: eq(id), status: eq(status) };
    const fields = definedFields(patch);
    if (Object.keys(fields).length === 0) {
      return fromDocumentOrNull<Media>(await this.#media.findOne(filter));
    }
    return fromDocumentOrNull<Media>(
      await this.#media.findOneAndUpdate(filter, { $set: fields }, { returnDocument: "after" }),
    );
  }

  async due(now: number, limit: number): Promise<Media[]> {
    // The lower bound leaves out null, and lets the partial index be used.
    const found = this.#media
      .find({ checkAt: { $gt: 0, $lte: now } })
      .sort({ checkAt: 1, _id: 1 }).limit(limit);
    return (await found.toArray()).map(fromDocument<Media>);
  }

  async condemn(id: string, checkAt: number): Promise<boolean> {
    const { matchedCount } = await this.#media.updateOne(
      { _id: eq(id), uses: { $lte: 0 }, checkAt: eq(checkAt) },
      { $set: { status: "deleting" } },
    );
    return matchedCount === 1;
  }

  async remove(id: string): Promise<void> {
    await this.#media.deleteOne({ _id: eq(id) });
  }

  /** Within a transaction that is under way. */
  async use({ mediaId, by }: MediaUse, now: number, session: ClientSession): Promise<void> {
    const gains = by > 0;
    const { matchedCount } = await this.#media.updateOne(
      { _id: eq(mediaId), ...(gains && { status: "ready" as const }) },
      { $inc: { uses: by }, $set: { checkAt: gains ? null : now } },
      { session },
    );
    if (gains && matchedCount === 0) throw new MediaGone(mediaId);
  }
}
