import type { ClientSession, Collection, Filter } from "mongodb";
import type { User } from "../../model/user.ts";
import { containsRuns, nameTerms, nameText, queryTerms } from "../search_terms.ts";
import { byCreation, type CreationPage } from "../creation_order.ts";
import { customEntries } from "../custom_entries.ts";
import type {
  CustomUserQuery,
  FoundUsers,
  NewestUsers,
  UserBeginnings,
  UserPatch,
  UserSearch,
  UserStore,
} from "../user_store.ts";
import type { MongoAuditStore } from "./audit.ts";
import { type BlockDocument, BLOCKS } from "./blocks.ts";
import type { MongoConnection } from "./connection.ts";
import {
  compoundKey,
  createdBefore,
  definedFields,
  eq,
  IN_BATCHES,
  readerOf,
  type Searchable,
  toDocument,
  WITHOUT_TERMS,
} from "./documents.ts";
import type { MongoBotStore } from "./bots.ts";
import type { MongoIdentityStore } from "./identities.ts";
import type { CollectionSpec } from "./indexes.ts";
import type { Transact } from "./transaction.ts";
import { mayChangeProfile, userChanged, userCreated } from "../webhook_events.ts";
import { LeasedReads } from "./leased_reads.ts";
import { PassingWrites } from "./passing_writes.ts";
import { FEW, loadAll, rowLoader } from "./row_loaders.ts";
import { UserKeys } from "./user_keys.ts";
import { MongoWebhookDeliveryStore } from "./webhook_deliveries.ts";
import { hitsAmong, rowsToRead, termsCondition } from "./word_search.ts";

type UserDocument = Searchable<User> & { customEntries?: string[] };

/** Documents of earlier releases lack these fields. */
export const userDefaults = (): Partial<User> => ({
  externalId: null,
  pictureUrl: null,
  deactivatedAt: null,
  tokensNotBefore: null,
  shadowedAt: null,
  custom: null,
  isBot: false,
});

const readUser = readerOf<User>(userDefaults);

export const USERS: CollectionSpec = {
  name: "users",
  indexes: [
    // Not unique: `UserKeys` enforces that.
    { name: "byUsername", key: { usernameKey: 1 } },
    { name: "byEmail", key: { emailKey: 1 } },
    // Not unique either. Most people may have none.
    { name: "byExternalId", key: { externalId: 1 } },
    { name: "byRole", key: { role: 1, usernameKey: 1 } },
    { name: "newest", key: { createdAt: -1, _id: -1 } },
    {
      name: "suspended",
      key: { createdAt: -1, _id: -1, "suspension.at": 1 },
      partialFilterExpression: { "suspension.at": { $gt: 0 } },
    },
    {
      name: "deactivated",
      key: { createdAt: -1, _id: -1, deactivatedAt: 1 },
      partialFilterExpression: { deactivatedAt: { $gt: 0 } },
    },
    {
      name: "shadowed",
      key: { shadowedAt: 1 },
      partialFilterExpression: { shadowedAt: { $gt: 0 } },
    },
    // With the key by which results are sorted and continued, so that a page skips without
    // fetching.
    { name: "search", key: { terms: 1, usernameKey: 1 } },
    {
      name: "custom",
      key: { customEntries: 1, _id: 1 },
      partialFilterExpression: { customEntries: { $gt: "" } },
    },
  ],
};

/** Fields whose change is more than an update of the one document. */
const NAMING = ["username", "usernameKey", "displayName", "emailKey", "externalId"];

export class MongoUserStore implements UserStore {
  readonly #users: Collection<UserDocument>;
  readonly #blocks: Collection<BlockDocument>;
  readonly #keys: UserKeys;
  readonly #deliveries: MongoWebhookDeliveryStore;
  readonly #transact: Transact;
  readonly #load: (id: string) => Promise<UserDocument | null>;
  readonly #passing: PassingWrites<UserDocument>;
  readonly #lately: LeasedReads<Pick<UserDocument, "deletedAt"> | null>;

  constructor(
    mongo: MongoConnection,
    private readonly identities: MongoIdentityStore,
    private readonly audit: MongoAuditStore,
    private readonly bots: MongoBotStore,
  ) {
    this.#users = mongo.collection(USERS);
    this.#blocks = mongo.collection(BLOCKS);
    this.#keys = new UserKeys(mongo);
    this.#deliveries = new MongoWebhookDeliveryStore(mongo);
    this.#transact = mongo.transact;
    this.#load = rowLoader(this.#users, { projection: WITHOUT_TERMS });
    this.#lately = new LeasedReads({
      load: rowLoader(this.#users, { projection: { deletedAt: 1 } }),
      mayKeep: (user) => user?.deletedAt === null,
    });
    this.#passing = new PassingWrites(this.#users);
  }

  async create(user: User, { identity, entry, bot }: UserBeginnings = {}): Promise<void> {
    const terms = nameTerms(user.displayName, user.username);
    await this.#transact(async (session) => {
      if (bot) await this.bots.insert(bot, session);
      await this.#users.insertOne(
        { ...toDocument(user), terms, customEntries: customEntries(user.custom) },
        { session },
      );
      await this.#keys.claim(user, session);
      if (identity) await this.identities.insert(identity, session);
      if (entry) await this.audit.insert([entry], session);
      await this.#deliveries.record(session, userCreated(user));
    });
  }

  async byId(id: string): Promise<User | null> {
    const found = await this.#load(id);
    return found && readUser(found);
  }

  async exists(id: string): Promise<boolean> {
    return (await this.#lately.get(id))?.deletedAt === null;
  }

  /** Call after the commit of a `patch` that erases a user. */
  untilErased(): Promise<void> {
    return this.#lately.untilSeen();
  }

  async byIds(ids: string[]): Promise<User[]> {
    if (ids.length <= FEW) return (await loadAll(this.#load, ids)).map(readUser);
    const found = this.#users.find({ _id: { $in: ids } }, {
      projection: WITHOUT_TERMS,
      ...IN_BATCHES,
    });
    return (await found.toArray()).map(readUser);
  }

  byUsernameKey(key: string): Promise<User | null> {
    return this.#one({ usernameKey: eq(key) });
  }

  byEmailKey(key: string): Promise<User | null> {
    return this.#one({ emailKey: eq(key) });
  }

  byExternalId(externalId: string): Promise<User | null> {
    return this.#one({ externalId: eq(externalId) });
  }

  async external({ after, limit }: { after: string | null; limit: number }): Promise<User[]> {
    const found = this.#users
      .find({ externalId: { $gt: after ?? "" } }, { projection: WITHOUT_TERMS })
      .sort({ externalId: 1 }).limit(limit);
    return (await found.toArray()).map(readUser);
  }

  async update(id: string, patch: UserPatch): Promise<User | null> {
    const updated = await this.#update(id, patch);
    if (updated && patch.deletedAt) await this.untilErased();
    return updated;
  }

  #update(id: string, patch: UserPatch): Promise<User | null> {
    const fields = definedFields(patch);
    if (Object.keys(fields).length === 0) return this.#one({ _id: eq(id), deletedAt: null });
    const isSimple = !NAMING.some((field) => field in fields) && !mayChangeProfile(fields);
    if (isSimple) return this.#set(id, fields);
    return this.#transact((session) => this.patch(id, fields, session));
  }

  /** Runs within the caller's transaction. */
  get(id: string, session: ClientSession): Promise<User | null> {
    return this.#one({ _id: eq(id) }, session);
  }

  /** Implements `update` within the caller's transaction; `patch` has at least one field. */
  async patch(id: string, patch: UserPatch, session: ClientSession): Promise<User | null> {
    const fields = definedFields(patch);
    const before = mayChangeProfile(fields) ? await this.get(id, session) : null;
    const user = NAMING.some((field) => field in fields)
      ? await this.#rename(id, fields, session)
      : await this.#set(id, fields, session);
    if (before && user) await this.#deliveries.record(session, ...userChanged(before, user));
    return user;
  }

  markSeen(id: string, at: number): Promise<void> {
    const filter = { _id: eq(id), deletedAt: null };
    return this.#passing.add({ updateOne: { filter, update: { $max: { lastSeenAt: at } } } });
  }

  async search({ prefix, hiddenFrom, after, limit }: UserSearch): Promise<FoundUsers> {
    const query = queryTerms(prefix);
    const condition = termsCondition(query);
    if (condition === null) return { users: [], next: null };
    const filter: Filter<UserDocument> = {
      ...condition,
      deletedAt: null,
      ...(after !== null && { usernameKey: { $gt: after } }),
    };
    const read = rowsToRead(limit, query.runs.length === 0);
    const found = await this.#users.find(filter, { projection: WITHOUT_TERMS })
      .sort({ usernameKey: 1 }).limit(read).toArray();
    const hiding = await this.#thoseHiding(found.map(({ _id }) => _id), hiddenFrom);
    const isHit = ({ id, displayName, username }: User) =>
      !hiding.has(id) && containsRuns(nameText(displayName, username), query.runs);
    const { rows, last } = await hitsAmong(found.map(readUser), read, limit, isHit);
    return { users: rows, next: last && last.usernameKey };
  }

  /** Those of `ids` who have blocked the person. */
  async #thoseHiding(ids: string[], from: string | null): Promise<Set<string>> {
    if (from === null) return new Set();
    const blocks = await this.#blocks
      .find({ _id: { $in: ids.map((id) => compoundKey(id, from)) } }).toArray();
    return new Set(blocks.map(({ blockerId }) => blockerId));
  }

  async withCustom({ custom, hiddenFrom, after, limit }: CustomUserQuery): Promise<User[]> {
    const users: User[] = [];
    // People who have blocked the person leave gaps, which the next round fills.
    for (let from = after, isEnd = false; !isEnd && users.length < limit;) {
      const found = await this.#users.find({
        customEntries: { $all: custom.map(eq) },
        deletedAt: null,
        ...(from !== null && { _id: { $gt: from } }),
      }, { projection: WITHOUT_TERMS }).sort({ _id: 1 }).limit(limit).toArray();
      const hiding = await this.#thoseHiding(found.map(({ _id }) => _id), hiddenFrom);
      users.push(...found.filter(({ _id }) => !hiding.has(_id)).map(readUser));
      isEnd = found.length < limit;
      from = found.at(-1)?._id ?? null;
    }
    return users.slice(0, limit);
  }

  async withRole(role: User["role"]): Promise<User[]> {
    const options = { projection: WITHOUT_TERMS, ...IN_BATCHES };
    const found = this.#users.find({ role: eq(role), deletedAt: null }, options);
    return (await found.sort({ usernameKey: 1 }).toArray()).map(readUser);
  }

  async shadowed(limit: number): Promise<string[]> {
    const found = this.#users
      .find({ shadowedAt: { $gt: 0 }, deletedAt: null }, { projection: { _id: 1 } })
      .sort({ shadowedAt: -1 }).limit(limit);
    return (await found.toArray()).map(({ _id }) => _id);
  }

  /** No index covers both conditions, so each is read by itself. */
  async newest({ suspended, ...page }: NewestUsers): Promise<User[]> {
    if (!suspended) return await this.#newest(page, {});
    const pages = await Promise.all([
      this.#newest(page, { "suspension.at": { $gt: 0 } }),
      this.#newest(page, { deactivatedAt: { $gt: 0 } }),
    ]);
    const byId = new Map(pages.flat().map((user) => [user.id, user]));
    return [...byId.values()].sort(byCreation).slice(0, page.limit);
  }

  async #newest(page: CreationPage, condition: Filter<UserDocument>): Promise<User[]> {
    const filter = { $and: [createdBefore(page), condition, { deletedAt: null }] };
    const found = this.#users.find(filter as Filter<UserDocument>, { projection: WITHOUT_TERMS })
      .sort({ createdAt: -1, _id: -1 }).limit(page.limit);
    return (await found.toArray()).map(readUser);
  }

  async useTotpStep(id: string, step: number): Promise<boolean> {
    const { matchedCount } = await this.#users.updateOne(
      { _id: eq(id), "totp.lastStep": { $lt: step } },
      { $set: { "totp.lastStep": step } },
    );
    return matchedCount === 1;
  }

  /**
   * Updates everything that depends on the names: their keys, and terms, for which both names are
   * needed.
   */
  async #rename(id: string, fields: UserPatch, session: ClientSession): Promise<User | null> {
    const old = await this.get(id, session);
    if (old === null || old.deletedAt !== null) return null;
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
    const filter = { _id: eq(id), deletedAt: null };
    const entries = fields.custom !== undefined &&
      { customEntries: customEntries(fields.custom) };
    const update = { $set: { ...fields, ...entries } };
    const updated = await this.#users.findOneAndUpdate(filter, update, options);
    return updated && readUser(updated);
  }

  async #one(filter: Filter<UserDocument>, session?: ClientSession): Promise<User | null> {
    const found = await this.#users.findOne(filter, { projection: WITHOUT_TERMS, session });
    return found && readUser(found);
  }
}
