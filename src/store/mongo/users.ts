import type { Collection, Filter } from "mongodb";
import type { User } from "../../model/user.ts";
import { nameTerms, nameText, queryTerms } from "../search_terms.ts";
import type { UserPatch, UserSearch, UserStore } from "../user_store.ts";
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
import { termsCondition, withRuns } from "./word_search.ts";

type UserDocument = Searchable<User>;

export const USERS: CollectionSpec = {
  name: "users",
  indexes: [
    { name: "username", key: { usernameKey: 1 }, unique: true },
    { name: "email", key: { emailKey: 1 }, unique: true },
    // With the key that results are sorted and continued by, so that a page skips without fetching.
    { name: "search", key: { terms: 1, usernameKey: 1 } },
  ],
};

export class MongoUserStore implements UserStore {
  readonly #users: Collection<UserDocument>;

  constructor(mongo: MongoConnection) {
    this.#users = mongo.collection(USERS);
  }

  async create(user: User): Promise<void> {
    const terms = nameTerms(user.displayName, user.username);
    await this.#users.insertOne({ ...toDocument(user), terms });
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
    if ("username" in fields || "displayName" in fields) return this.#rename(id, fields);
    return this.#set({ _id: eq(id) }, fields);
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

  async useRecoveryCode(id: string, hash: string): Promise<boolean> {
    const { modifiedCount } = await this.#users.updateOne(
      { _id: eq(id), recoveryCodes: eq(hash) },
      { $pull: { recoveryCodes: hash } },
    );
    return modifiedCount === 1;
  }

  /**
   * The terms come from two fields of which perhaps only one was given, so they are made for the names
   * as they were read, and written if those still hold. Going round again means that another rename
   * came through, so this ends.
   */
  async #rename(id: string, fields: UserPatch): Promise<User | null> {
    for (;;) {
      const old = await this.byId(id);
      if (old === null) return null;
      const { displayName, username } = { ...old, ...fields };
      const unchanged = { username: eq(old.username), displayName: eq(old.displayName) };
      const terms = nameTerms(displayName, username);
      const renamed = await this.#set({ _id: eq(id), ...unchanged }, { ...fields, terms });
      if (renamed !== null) return renamed;
    }
  }

  async #set(
    filter: Filter<UserDocument>,
    fields: UserPatch & { terms?: string[] },
  ): Promise<User | null> {
    const updated = await this.#users.findOneAndUpdate(filter, { $set: fields }, {
      returnDocument: "after",
      projection: WITHOUT_TERMS,
    });
    return fromDocumentOrNull<User>(updated);
  }

  async #one(filter: Filter<UserDocument>): Promise<User | null> {
    return fromDocumentOrNull<User>(
      await this.#users.findOne(filter, { projection: WITHOUT_TERMS }),
    );
  }
}
