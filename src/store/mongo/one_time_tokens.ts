import type { ClientSession, Collection } from "mongodb";
import type { OneTimePurpose, OneTimeToken } from "../../model/one_time_token.ts";
import type { OneTimeTokenStore } from "../one_time_token_store.ts";
import type { MongoConnection } from "./connection.ts";
import { type Document, eq, fromDocumentOrNull, toDocument } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

export const ONE_TIME_TOKENS: CollectionSpec = {
  name: "oneTimeTokens",
  indexes: [
    { name: "ofUser", key: { userId: 1 } },
    { name: "expired", key: { expiresAt: 1 } },
  ],
};

export class MongoOneTimeTokenStore implements OneTimeTokenStore {
  readonly #tokens: Collection<Document<OneTimeToken>>;

  constructor(mongo: MongoConnection) {
    this.#tokens = mongo.collection(ONE_TIME_TOKENS);
  }

  async create(token: OneTimeToken): Promise<void> {
    await this.#tokens.insertOne(toDocument(token));
  }

  async byId(id: string, now: number): Promise<OneTimeToken | null> {
    return fromDocumentOrNull<OneTimeToken>(await this.#tokens.findOne(aliveAt(id, now)));
  }

  async consume(id: string, now: number): Promise<OneTimeToken | null> {
    return fromDocumentOrNull<OneTimeToken>(await this.#tokens.findOneAndDelete(aliveAt(id, now)));
  }

  /**
   * The row of a last try is at 0 for a moment before its deletion, and counts as deleted from then
   * on.
   */
  async attempt(id: string, now: number): Promise<OneTimeToken | null> {
    const token = fromDocumentOrNull<OneTimeToken>(
      await this.#tokens.findOneAndUpdate(
        aliveAt(id, now),
        { $inc: { attemptsLeft: -1 } },
        { returnDocument: "after" },
      ),
    );
    if (token?.attemptsLeft === 0) await this.#tokens.deleteOne({ _id: eq(id) });
    return token;
  }

  /** With `session`, runs within its transaction. */
  async deleteForUser(
    userId: string,
    purposes?: readonly OneTimePurpose[],
    session?: ClientSession,
  ): Promise<number> {
    const { deletedCount } = await this.#tokens.deleteMany({
      userId: eq(userId),
      ...(purposes && { purpose: { $in: purposes } }),
    }, { session });
    return deletedCount;
  }

  async purge(before: number): Promise<number> {
    const { deletedCount } = await this.#tokens.deleteMany({ expiresAt: { $lt: before } });
    return deletedCount;
  }
}

function aliveAt(id: string, now: number) {
  return { _id: eq(id), expiresAt: { $gt: now }, attemptsLeft: { $gt: 0 } };
}
