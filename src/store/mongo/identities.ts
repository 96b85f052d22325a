import type { ClientSession, Collection } from "mongodb";
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

  /** Runs within the caller's transaction, as `remove` does. */
  async insert(identity: Identity, session: ClientSession): Promise<void> {
    await this.#identities.insertOne(toDocument(identity), { session });
  }

  async remove(userId: string, providers: ProviderName[], session: ClientSession): Promise<void> {
    const wanted = { userId: eq(userId), provider: { $in: providers } };
    await this.#identities.deleteMany(wanted, { session });
  }

  async find(provider: ProviderName, subject: string): Promise<Identity | null> {
    return fromDocumentOrNull<Identity>(
      await this.#identities.findOne({ provider: eq(provider), subject: eq(subject) }),
    );
  }

  /** With `session`, runs within its transaction. */
  async ofUser(userId: string, session?: ClientSession): Promise<Identity[]> {
    const found = this.#identities.find({ userId: eq(userId) }, { session }).sort({ provider: 1 });
    return (await found.toArray()).map(fromDocument<Identity>);
  }
}
