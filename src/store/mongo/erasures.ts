import type { Collection } from "mongodb";
import type { Erasure } from "../../model/erasure.ts";
import type { ErasureStore } from "../erasure_store.ts";
import type { MongoConnection } from "./connection.ts";
import { eq, withoutKey } from "./documents.ts";
import { duplicateIndex } from "./errors.ts";
import type { CollectionSpec } from "./indexes.ts";

type ErasureDocument = Erasure & { _id: string };

/** There are few, and only for minutes: they need no index. */
export const ERASURES: CollectionSpec = { name: "erasures", indexes: [] };

export class MongoErasureStore implements ErasureStore {
  readonly #erasures: Collection<ErasureDocument>;

  constructor(mongo: MongoConnection) {
    this.#erasures = mongo.collection(ERASURES);
  }

  async begin(erasure: Erasure): Promise<void> {
    try {
      await this.#erasures.insertOne({ _id: erasure.userId, ...erasure });
    } catch (error) {
      if (duplicateIndex(error) === null) throw error;
    }
  }

  async pending(): Promise<Erasure[]> {
    const found = this.#erasures.find().sort({ requestedAt: 1, _id: 1 });
    return (await found.toArray()).map(withoutKey<Erasure>);
  }

  async finish(userId: string): Promise<void> {
    await this.#erasures.deleteOne({ _id: eq(userId) });
  }
}
