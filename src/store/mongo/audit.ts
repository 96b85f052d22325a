import type { ClientSession, Collection, Filter } from "mongodb";
import type { AuditEntry } from "../../model/audit_entry.ts";
import type { AuditPage, AuditStore } from "../audit_store.ts";
import type { MongoConnection } from "./connection.ts";
import { type Document, eq, readerOf, toDocument } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

type AuditDocument = Document<AuditEntry>;

export const AUDIT: CollectionSpec = {
  name: "audit",
  indexes: [
    { name: "byActor", key: { actorId: 1, _id: -1 } },
    { name: "ofUser", key: { userId: 1, _id: -1 } },
    { name: "ofChat", key: { chatId: 1, _id: -1 } },
  ],
};

/** Releases without API keys did not write it. */
const readEntry = readerOf<AuditEntry>(() => ({ keyId: null }));

export class MongoAuditStore implements AuditStore {
  readonly #audit: Collection<AuditDocument>;

  constructor(mongo: MongoConnection) {
    this.#audit = mongo.collection(AUDIT);
  }

  async add(entry: AuditEntry): Promise<void> {
    await this.#audit.insertOne(toDocument(entry));
  }

  /** Runs within the caller's transaction. */
  async insert(entries: AuditEntry[], session: ClientSession): Promise<void> {
    await this.#audit.insertMany(entries.map(toDocument<AuditEntry>), { session });
  }

  ofUser(userId: string, page: AuditPage): Promise<AuditEntry[]> {
    return this.#page({ $or: [{ actorId: eq(userId) }, { userId: eq(userId) }] }, page);
  }

  ofChat(chatId: string, page: AuditPage): Promise<AuditEntry[]> {
    return this.#page({ chatId: eq(chatId) }, page);
  }

  all(page: AuditPage): Promise<AuditEntry[]> {
    return this.#page({}, page);
  }

  async redactTracesOf(userId: string): Promise<void> {
    await this.#audit.updateMany(
      { $or: [{ actorId: eq(userId) }, { userId: eq(userId), actorId: null }] },
      { $set: { address: "", userAgent: "", details: {} } },
    );
    await this.#audit.updateMany({ userId: eq(userId) }, { $set: { details: {} } });
  }

  async #page(
    filter: Filter<AuditDocument>,
    { before, limit }: AuditPage,
  ): Promise<AuditEntry[]> {
    const from = before === null ? {} : { _id: { $lt: before } };
    const found = this.#audit.find({ ...filter, ...from }).sort({ _id: -1 }).limit(limit);
    return (await found.toArray()).map(readEntry);
  }
}
