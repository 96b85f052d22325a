import type { ClientSession, Collection, Filter } from "mongodb";
import type { User } from "../../model/user.ts";
import { nameTerms, nameText, queryTerms } from "../search_terms.ts";
import type { TotpChange, UserPatch, UserSearch, UserStore } from "../user_store.ts";
import type { MongoConnection } from "./connection.ts";
import {
  definedFields,
  eq,
  fromDocument,
  fromDocumentOrNull,
  type Searchable,
  toDocument,
  WITHOUT_TERMS,
} from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";
import type { Transact } from "./transaction.ts";
import { UserKeys } from "./user_keys.ts";
import { termsCondition, withRuns } from "./word_search.ts";

type UserDocument = Searchable<User>;

export const USERS: CollectionSpec = {
  name: "users",
  indexes: [
    // Not unique: `UserKeys` sees to that.
    { name: "byUsername", key: { usernameKey: 1 } },
    { name: "byEmail", key: { emailKey: 1 } },
    // With the key that results are sorted and continued by, so that a page skips without fetching.
    { name: "search", key: { terms: 1, usernameKey: 1 } },
  ],
};

/** Fields whose change is more than an update of the one document. */
const NAMING = ["username", "usernameKey", "displayName", "emailKey"];

export class MongoUserStore implements UserStore {
  readonly #users: Collection<UserDocument>;
  readonly #keys: UserKeys;
  readonly #transact: Transact;

  constructor(mongo: MongoConnection) {
    this.#users = mongo.collection(USERS);
    this.#keys = new UserKeys(mongo);
    this.#transact = mongo.transact;
  }

  async create(user: User): Promise<void> {
    const terms = nameTerms(user.displayName, user.username);
    await this.#transact(async (session) => {
      await this.#users.insertOne({ ...toDocument(user), terms }, { session });
      await this.#keys.claim(user, session);
    });
  }

  byId(id: string): Promise<User | null> {
    return this.#one({ _id: eq(id) });
  }

  async byIds(ids: string[]): Promise<User[]> {
    const found = this.#users.find({ _id: { $in: ids } }, { projection: WITHOUT_TERMS });
    return (await found.toArray()).map(fromDocument<User>);
  }

  byUsernameKey(key: string): Promise<User | null> {
    return this.#one({ usernameKey: eq(key) });
  }

  byEmailKey(key: string): Promise<User | null> {
    return this.#one({ emailKey: eq(key) });
  }

  update(id: string, patch: UserPatch): Promise<User | null> {
    const fields = definedFields(patch);
    if (Object.keys(fields).length === 0) return this.byId(id);
    if (!NAMING.some((field) => field in fields)) return this.#set(id, fields);
    return this.#transact((session) => this.#rename(id, fields, session));
  }

  async search({ prefix, excluding, after, limit }: UserSearch): Promise<User[]> {
    const query = queryTerms(prefix);
    const condition = termsCondition(query);
    if (condition === null) return [];
    const filter: Filter<UserDocument> = {
      ...condition,
      deletedAt: null,
      _id: { $nin: excluding },
      ...(after !== null && { usernameKey: { $gt: after } }),
    };
    const found = this.#users.find(filter, { projection: WITHOUT_TERMS }).sort({ usernameKey: 1 });
    if (query.runs.length === 0) found.limit(limit);
    const textOf = (user: User) => nameText(user.displayName, user.username);
    return await withRuns(found.map(fromDocument<User>), textOf, query.runs, limit);
  }

  async useTotpStep(id: string, step: number): Promise<boolean> {
    const { matchedCount } = await this.#users.updateOne(
      { _id: eq(id), "totp.lastStep": { $lt: step } },
      { $set: { "totp.lastStep": step } },
    );
    return matchedCount === 1;
  }

  async replaceTotp(
    id: string,
    { expected, totp, recoveryCodes }: TotpChange,
  ): Promise<boolean> {
    const unchanged = expected === null ? { totp: null } : {
      "totp.sealedSecret": eq(expected.sealedSecret),
      "totp.enabledAt": expected.enabledAt === null ? null : eq(expected.enabledAt),
    };
    const { matchedCount } = await this.#users.updateOne(
      { _id: eq(id), ...unchanged },
      { $set: { totp, recoveryCodes } },
    );
    return matchedCount === 1;
  }

  async useRecoveryCode(id: string, hash: string): Promise<boolean> {
    const { modifiedCount } = await this.#users.updateOne(
      { _id: eq(id), recoveryCodes: eq(hash) },
      { $pull: { recoveryCodes: hash } },
    );
    return modifiedCount === 1;
  }

  /** What has to change with the names: their keys, and terms, for which both names are needed. */
  async #rename(id: string, fields: UserPatch, session: ClientSession): Promise<User | null> {
    const old = await this.#one({ _id: eq(id) }, session);
    if (old === null) return null;
    await this.#keys.exchange(old, fields, session);
    const { displayName, username } = { ...old, ...fields };
    return await this.#set(id, { ...fields, terms: nameTerms(displayName, username) }, session);
  }

  async #set(
    id: string,
    fields: UserPatch & { terms?: string[] },
    session?: ClientSession,
  ): Promise<User | null> {
    const options = { returnDocument: "after", projection: WITHOUT_TERMS, session } as const;
    const updated = await this.#users.findOneAndUpdate({ _id: eq(id) }, { $set: fields }, options);
    return fromDocumentOrNull<User>(updated);
  }

  async #one(filter: Filter<UserDocument>, session?: ClientSession): Promise<User | null> {
    const found = await this.#users.findOne(filter, { projection: WITHOUT_TERMS, session });
    return fromDocumentOrNull<User>(found);
  }
}
