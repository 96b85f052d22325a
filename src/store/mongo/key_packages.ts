import type { ClientSession, Collection } from "mongodb";
import type { StoredKeyPackage } from "../../model/device.ts";
import type { Full } from "../bounded_add.ts";
import type { KeyPackageClaim, KeyPackageStore } from "../key_package_store.ts";
import { BoundedLists } from "./bounded_lists.ts";
import type { MongoConnection } from "./connection.ts";
import { compoundKey, type Document, eq, fromDocumentOrNull, toDocument } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

export const KEY_PACKAGES: CollectionSpec = {
  name: "keyPackages",
  indexes: [
    { name: "ofDevice", key: { deviceId: 1, isLastResort: 1, createdAt: 1, _id: 1 } },
    { name: "expired", key: { expiresAt: 1 } },
  ],
};

export class MongoKeyPackageStore implements KeyPackageStore {
  readonly #keyPackages: Collection<Document<StoredKeyPackage>>;
  readonly #lists: BoundedLists;

  constructor(mongo: MongoConnection) {
    this.#keyPackages = mongo.collection(KEY_PACKAGES);
    this.#lists = new BoundedLists(mongo);
  }

  add(
    deviceId: string,
    keyPackages: StoredKeyPackage[],
    { max, now }: { max: number; now: number },
  ): Promise<{ outcome: "added"; count: number } | Full> {
    return this.#lists.add([compoundKey(KEY_PACKAGES.name, deviceId)], async (session) => {
      const count = await this.count(deviceId, now, session);
      const added = await this.#countNew(keyPackages, session);
      if (added > 0 && count + added > max) return { outcome: "full", count };
      await this.#insert(deviceId, keyPackages, session);
      return { outcome: "added", count: await this.count(deviceId, now, session) };
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

  /** With `session`, runs within its transaction. */
  count(deviceId: string, now: number, session?: ClientSession): Promise<number> {
    const filter = { ...goodAt(deviceId, now), isLastResort: false };
    return this.#keyPackages.countDocuments(filter, { session });
  }

  async purge(before: number): Promise<number> {
    const { deletedCount } = await this.#keyPackages.deleteMany({ expiresAt: { $lt: before } });
    return deletedCount;
  }

  /** Number of these, without a last resort, that are not stored yet. */
  async #countNew(keyPackages: StoredKeyPackage[], session: ClientSession): Promise<number> {
    const ids = keyPackages.filter((each) => !each.isLastResort).map(({ id }) => id);
    const stored = { _id: { $in: ids } };
    return ids.length - await this.#keyPackages.countDocuments(stored, { session });
  }

  async #insert(
    deviceId: string,
    keyPackages: StoredKeyPackage[],
    session: ClientSession,
  ): Promise<void> {
    if (keyPackages.some((each) => each.isLastResort)) {
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
    if (upserts.length > 0) await this.#keyPackages.bulkWrite(upserts, { session });
  }
}

function goodAt(deviceId: string, now: number) {
  return { deviceId: eq(deviceId), expiresAt: { $gt: now } };
}
