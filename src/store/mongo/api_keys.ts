import type { IdPage } from "../../core/in_pages.ts";
import type { Collection, Filter } from "mongodb";
import type { ApiKey } from "../../model/api_key.ts";
import type { ApiKeyRotation, ApiKeyStore, ApiKeyUse } from "../api_key_store.ts";
import type { BoundedAdd } from "../bounded_add.ts";
import { BoundedLists, insertBounded } from "./bounded_lists.ts";
import type { MongoConnection } from "./connection.ts";
import { type Document, eq, fromDocument, fromDocumentOrNull, toDocument } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

type ApiKeyDocument = Document<ApiKey>;

export const API_KEYS: CollectionSpec = { name: "apiKeys", indexes: [] };

export class MongoApiKeyStore implements ApiKeyStore {
  readonly #keys: Collection<ApiKeyDocument>;
  readonly #lists: BoundedLists;

  constructor(mongo: MongoConnection) {
    this.#keys = mongo.collection(API_KEYS);
    this.#lists = new BoundedLists(mongo);
  }

  create(key: ApiKey, max: number): Promise<BoundedAdd<ApiKey>> {
    const list = activeAt(key.createdAt);
    const insert = { document: toDocument(key), row: key, list, max };
    return this.#lists.add(
      [API_KEYS.name],
      (session) => insertBounded(this.#keys, { ...insert, session }),
    );
  }

  async byId(id: string): Promise<ApiKey | null> {
    return fromDocumentOrNull<ApiKey>(await this.#keys.findOne({ _id: eq(id) }));
  }

  async list(
    { before, limit }: IdPage,
  ): Promise<ApiKey[]> {
    const filter = before === null ? {} : { _id: { $lt: before } };
    const found = this.#keys.find(filter).sort({ _id: -1 }).limit(limit);
    return (await found.toArray()).map(fromDocument<ApiKey>);
  }

  countActive(now: number): Promise<number> {
    return this.#keys.countDocuments(activeAt(now));
  }

  /** Exchanges exactly the secret that it has read, so that none is lost between two rotations. */
  async rotate(
    { id, secretHash, previousUntil, now }: ApiKeyRotation,
  ): Promise<ApiKey | null> {
    const found = await this.#keys.findOne({ _id: eq(id), ...activeAt(now) });
    if (found === null) return null;
    const rotated = await this.#keys.findOneAndUpdate(
      { _id: eq(id), secretHash: eq(found.secretHash), ...activeAt(now) },
      { $set: { previousHash: found.secretHash, secretHash, previousUntil } },
      { returnDocument: "after" },
    );
    // Null if another rotation was faster: this one then follows it.
    if (rotated === null) return await this.rotate({ id, secretHash, previousUntil, now });
    return fromDocument<ApiKey>(rotated);
  }

  async end(id: string, at: number): Promise<ApiKey | null> {
    await this.#keys.updateOne({ _id: eq(id), endedAt: null }, { $set: { endedAt: at } });
    return await this.byId(id);
  }

  async used(uses: readonly ApiKeyUse[]): Promise<void> {
    if (uses.length === 0) return;
    await this.#keys.bulkWrite(
      uses.map(({ id, at, address }) => ({
        updateOne: {
          filter: { _id: eq(id), $or: [{ lastUsedAt: null }, { lastUsedAt: { $lt: at } }] },
          update: { $set: { lastUsedAt: at, lastAddress: address } },
        },
      })),
      { ordered: false },
    );
  }
}

function activeAt(now: number): Filter<ApiKeyDocument> {
  return { endedAt: null, $or: [{ expiresAt: null }, { expiresAt: { $gt: now } }] };
}
