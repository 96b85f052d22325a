import type { Collection } from "mongodb";
import type { Identity, ProviderName } from "../../model/identity.ts";
import type { IdentityStore } from "../identity_store.ts";
import type { MongoConnection } from "./connection.ts";
import { type Document, eq, fromDocument, fromDocumentOrNull, toDocument } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

export const IDENTITIES: CollectionSpec = {
  name: "identities",
  indexes: [
    { name: "identity", key: { provider: 1, subject: 1 }, unique: true },
    { name: "provider", key: { userId: 1, provider: 1 }, unique: true },
  ],
};

export class MongoIdentityStore implements IdentityStore {
  readonly #identities: Collection<Document<Identity>>;

  constructor(mongo: MongoConnection) {
    this.#identities = mongo.collection(IDENTITIES);
  }

  async add(identity: Identity): Promise<void> {
    await this.#identities.insertOne(toDocument(identity));
  }

  async find(provider: ProviderName, subject: string): Promise<Identity | null> {
    return fromDocumentOrNull<Identity>(
      await this.#identities.findOne({ provider: eq(provider), subject: eq(subject) }),
    );
  }

  async ofUser(userId: string): Promise<Identity[]> {
    const found = this.#identities.find({ userId: eq(userId) }).sort({ provider: 1 });
    return (await found.toArray()).map(fromDocument<Identity>);
  }

  async remove(userId: string, provider: ProviderName): Promise<Identity | null> {
    return fromDocumentOrNull<Identity>(
      await this.#identities.findOneAndDelete({ userId: eq(userId), provider: eq(provider) }),
    );
  }

  async removeAllOf(userId: string): Promise<number> {
    const { deletedCount } = await this.#identities.deleteMany({ userId: eq(userId) });
    return deletedCount;
  }
}
