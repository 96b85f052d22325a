import type { ClientSession, Collection, Filter } from "mongodb";
import type { ContactRequest, ContactSettings } from "../../model/contact.ts";
import type { ContactStore, RequestLimits, RequestOutcome, RequestPage } from "../contact_store.ts";
import { BoundedLists } from "./bounded_lists.ts";
import type { MongoConnection } from "./connection.ts";
import {
  compoundKey,
  type Document,
  eq,
  fromDocument,
  fromDocumentOrNull,
  toDocument,
} from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

export const CONTACT_SETTINGS: CollectionSpec = { name: "contactSettings", indexes: [] };

export const CONTACT_REQUESTS: CollectionSpec = {
  name: "contactRequests",
  indexes: [
    { name: "for", key: { userId: 1, chatId: 1 } },
    { name: "received", key: { userId: 1, _id: -1 } },
    { name: "sent", key: { fromId: 1, _id: -1 } },
    { name: "expiry", key: { expiresAt: 1 } },
  ],
};

/** A document per person. Earlier releases also wrote some without settings. */
interface SettingsDocument extends Partial<Omit<ContactSettings, "userId">> {
  _id: string;
}

type RequestDocument = Document<ContactRequest>;

export class MongoContactStore implements ContactStore {
  readonly #settings: Collection<SettingsDocument>;
  readonly #requests: Collection<RequestDocument>;
  readonly #lists: BoundedLists;

  constructor(mongo: MongoConnection) {
    this.#settings = mongo.collection(CONTACT_SETTINGS);
    this.#requests = mongo.collection(CONTACT_REQUESTS);
    this.#lists = new BoundedLists(mongo);
  }

  async settingsOf(userIds: string[]): Promise<ContactSettings[]> {
    const found = await this.#settings.find({ _id: { $in: userIds } }).toArray();
    return found.filter(({ addToGroups, write }) =>
      addToGroups !== undefined || write !== undefined
    ).map(({ _id: userId, addToGroups = null, write = null }) => ({ userId, addToGroups, write }));
  }

  async putSettings({ userId, addToGroups, write }: ContactSettings): Promise<void> {
    const update = { $set: { addToGroups, write } };
    await this.#settings.updateOne({ _id: eq(userId) }, update, { upsert: true });
  }

  /** One list per person, for both directions: a request is in the lists of two people. */
  addRequest(request: ContactRequest, limits: RequestLimits): Promise<RequestOutcome> {
    const lists = [request.userId, request.fromId]
      .map((userId) => compoundKey(CONTACT_REQUESTS.name, userId));
    return this.#lists.add(lists, (session) => this.#add(request, limits, session));
  }

  async request(id: string): Promise<ContactRequest | null> {
    return fromDocumentOrNull<ContactRequest>(await this.#requests.findOne({ _id: eq(id) }));
  }

  async requestFor(userId: string, chatId: string): Promise<ContactRequest | null> {
    const filter = { userId: eq(userId), chatId: eq(chatId) };
    return fromDocumentOrNull<ContactRequest>(await this.#requests.findOne(filter));
  }

  received(userId: string, page: RequestPage): Promise<ContactRequest[]> {
    return this.#page({ userId: eq(userId) }, page);
  }

  sent(fromId: string, page: RequestPage): Promise<ContactRequest[]> {
    return this.#page({ fromId: eq(fromId) }, page);
  }

  async decline(id: string, at: number): Promise<boolean> {
    const filter = { _id: eq(id), declinedAt: null };
    const { matchedCount } = await this.#requests.updateOne(filter, { $set: { declinedAt: at } });
    return matchedCount === 1;
  }

  async removeRequest(id: string): Promise<boolean> {
    return (await this.#requests.deleteOne({ _id: eq(id) })).deletedCount === 1;
  }

  async deleteAllOf(userId: string): Promise<void> {
    await this.#settings.deleteOne({ _id: eq(userId) });
    await this.#requests.deleteMany({ userId: eq(userId) });
    await this.#requests.deleteMany({ fromId: eq(userId) });
  }

  async purge(before: number): Promise<number> {
    return (await this.#requests.deleteMany({ expiresAt: { $lt: before } })).deletedCount;
  }

  async #add(
    request: ContactRequest,
    limits: RequestLimits,
    session: ClientSession,
  ): Promise<RequestOutcome> {
    const { userId, fromId, chatId, createdAt: now } = request;
    const key = { userId: eq(userId), chatId: eq(chatId) };
    const earlier = await this.#requests.findOne(key, { session });
    if (earlier && earlier.expiresAt > now) return "exists";
    if (earlier) await this.#requests.deleteOne({ _id: eq(earlier._id) }, { session });
    const count = (filter: Filter<RequestDocument>, limit: number) =>
      this.#requests.countDocuments({ ...filter, expiresAt: { $gt: now } }, { session, limit });
    const received = await count({ userId: eq(userId), declinedAt: null }, limits.received);
    const sent = await count({ fromId: eq(fromId) }, limits.sent);
    if (received >= limits.received || sent >= limits.sent) return "full";
    await this.#requests.insertOne(toDocument(request), { session });
    return "added";
  }

  async #page(
    of: Filter<RequestDocument>,
    { now, before, limit }: RequestPage,
  ): Promise<ContactRequest[]> {
    const found = this.#requests.find({
      ...of,
      declinedAt: null,
      expiresAt: { $gt: now },
      ...(before !== null && { _id: { $lt: before } }),
    }).sort({ _id: -1 }).limit(limit);
    return (await found.toArray()).map(fromDocument<ContactRequest>);
  }
}
