import type { Collection } from "mongodb";
import type { StoredKeyPackage } from "../../model/device.ts";
import type { KeyPackageClaim, KeyPackageStore } from "../key_package_store.ts";
import type { MongoConnection } from "./connection.ts";
import { type Document, eq, fromDocumentOrNull, toDocument } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";
import type { Transact } from "./transaction.ts";

export const KEY_PACKAGES: CollectionSpec = {
  name: "keyPackages",
  indexes: [
    { name: "ofDevice", key: { deviceId: 1, isLastResort: 1, createdAt: 1, _id: 1 } },
    { name: "expired", key: { expiresAt: 1 } },
  ],
};

export class MongoKeyPackageStore implements KeyPackageStore {
  readonly #keyPackages: Collection<Document<StoredKeyPackage>>;
  readonly #transact: Transact;

  constructor(mongo: MongoConnection) {
    this.#keyPackages = mongo.collection(KEY_PACKAGES);
    this.#transact = mongo.transact;
  }

  async add(keyPackages: StoredKeyPackage[]): Promise<void> {
    if (keyPackages.length === 0) return;
    await this.#transact(async (session) => {
      const lastResort = keyPackages.filter((each) => each.isLastResort);
      for (const { deviceId } of lastResort) {
        const earlier = { deviceId: eq(deviceId), isLastResort: true };
        await this.#keyPackages.deleteMany(earlier, { session });
      }
      const upserts = keyPackages.map(toDocument<StoredKeyPackage>).map(({ _id, ...fields }) => ({
        updateOne: {
          filter: { _id: eq(_id) },
          update: { $setOnInsert: fields },
          upsert: true,
        },
      }));
      await this.#keyPackages.bulkWrite(upserts, { session });
    });
  }

  /** One operation claims it: of two concurrent claims of the same one, one gets the next. */
  async claim(deviceId: string, now: number): Promise<KeyPackageClaim | null> {
    const taken = await this.#keyPackages.findOneAndDelete(
      { ...goodAt(deviceId, now), isLastResort: false },
      { sort: { createdAt: 1, _id: 1 } },
    );
    const keyPackage = fromDocumentOrNull<StoredKeyPackage>(taken) ??
      await this.lastResort(deviceId, now);
    return keyPackage && { keyPackage, remaining: await this.count(deviceId, now) };
  }

  async lastResort(deviceId: string, now: number): Promise<StoredKeyPackage | null> {
    const filter = { ...goodAt(deviceId, now), isLastResort: true };
    return fromDocumentOrNull<StoredKeyPackage>(await this.#keyPackages.findOne(filter));
  }

  count(deviceId: string, now: number): Promise<number> {
    return this.#keyPackages.countDocuments({ ...goodAt(deviceId, now), isLastResort: false });
  }

  async purge(before: number): Promise<number> {
    const { deletedCount } = await this.#keyPackages.deleteMany({ expiresAt: { $lt: before } });
    return deletedCount;
  }
}

function goodAt(deviceId: string, now: number) {
  return { deviceId: eq(deviceId), expiresAt: { $gt: now } };
}
