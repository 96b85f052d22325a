import type { Collection } from "mongodb";
import type { LeaseStore } from "../lease_store.ts";
import type { MongoConnection } from "./connection.ts";
import { eq } from "./documents.ts";
import { duplicateIndex } from "./errors.ts";
import type { CollectionSpec } from "./indexes.ts";

interface LeaseDocument {
  _id: string;
  holder: string;
  until: number;
}

/** There are few: they need no further index. `until` is by the database's clock. */
export const LEASES: CollectionSpec = { name: "leases", indexes: [] };

export class MongoLeaseStore implements LeaseStore {
  readonly #leases: Collection<LeaseDocument>;

  constructor(private readonly mongo: MongoConnection) {
    this.#leases = mongo.collection(LEASES);
  }

  /** If another holder has it, nothing matches, and the insert fails on the existing row. */
  async take(name: string, holder: string, now: number, until: number): Promise<boolean> {
    const offset = await this.mongo.clock.offset();
    try {
      await this.#leases.updateOne(
        { _id: eq(name), $or: [{ holder: eq(holder) }, { until: { $lte: now + offset } }] },
        { $set: { holder, until: until + offset } },
        { upsert: true },
      );
      return true;
    } catch (error) {
      if (duplicateIndex(error) === null) throw error;
      return false;
    }
  }

  async release(name: string, holder: string): Promise<void> {
    await this.#leases.deleteOne({ _id: eq(name), holder: eq(holder) });
  }

  async purge(before: number): Promise<number> {
    return (await this.#leases.deleteMany({ until: { $lt: before } })).deletedCount;
  }
}
