import type { ClientSession, Collection } from "mongodb";
import type { User } from "../../model/user.ts";
import { DuplicateKey } from "../store.ts";
import type { MongoConnection } from "./connection.ts";
import { eq } from "./documents.ts";
import { duplicateIndex } from "./errors.ts";
import type { CollectionSpec } from "./indexes.ts";

export const USER_KEYS: CollectionSpec = { name: "userKeys", indexes: [] };

/** `_id` is the kind and the key. */
interface UserKeyDocument {
  _id: string;
  userId: string;
}

const KINDS = { username: "usernameKey", email: "emailKey", externalId: "externalId" } as const;
type Kind = keyof typeof KINDS;

export type UserKeyFields = Pick<User, "usernameKey" | "emailKey" | "externalId">;

/**
 * Reserves usernames, e-mail addresses and external ids: a document per key, changed in one
 * transaction with its user, in place of unique indexes on users: a sharded collection can have a
 * unique index only on its shard key.
 */
export class UserKeys {
  readonly #keys: Collection<UserKeyDocument>;

  constructor(mongo: MongoConnection) {
    this.#keys = mongo.collection(USER_KEYS);
  }

  /** Throws `DuplicateKey` for the first key that is taken. */
  async claim(user: User, session: ClientSession): Promise<void> {
    for (const kind of Object.keys(KINDS) as Kind[]) {
      const key = user[KINDS[kind]];
      if (key !== null) await this.#claim(kind, key, user.id, session);
    }
  }

  /** Exchanges those keys that `fields` has and that differ. Throws as `claim` does. */
  async exchange(
    user: User,
    fields: Partial<UserKeyFields>,
    session: ClientSession,
  ): Promise<void> {
    for (const kind of Object.keys(KINDS) as Kind[]) {
      const old = user[KINDS[kind]];
      const given = fields[KINDS[kind]];
      const wanted = given === undefined ? old : given;
      if (wanted === old) continue;
      if (wanted !== null) await this.#claim(kind, wanted, user.id, session);
      if (old === null) continue;
      await this.#keys.deleteOne({ _id: eq(`${kind}:${old}`), userId: eq(user.id) }, { session });
    }
  }

  async #claim(kind: Kind, key: string, userId: string, session: ClientSession): Promise<void> {
    try {
      await this.#keys.insertOne({ _id: `${kind}:${key}`, userId }, { session });
    } catch (error) {
      if (duplicateIndex(error) === null) throw error;
      throw new DuplicateKey(kind, { cause: error });
    }
  }
}
