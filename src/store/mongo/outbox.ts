import type { ClientSession, Collection } from "mongodb";
import type { OutboxEntry } from "../../model/outbox_entry.ts";
import type { OutboxStore } from "../outbox_store.ts";
import type { MongoConnection } from "./connection.ts";
import { type Document, fromDocument, toDocument } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";
import type { Transact } from "./transaction.ts";

export const OUTBOX: CollectionSpec = {
  name: "outbox",
  indexes: [{ name: "due", key: { dueAt: 1 } }],
};

export class MongoOutboxStore implements OutboxStore {
  readonly #outbox: Collection<Document<OutboxEntry>>;
  readonly #transact: Transact;

  constructor(mongo: MongoConnection) {
    this.#outbox = mongo.collection(OUTBOX);
    this.#transact = mongo.transact;
  }

  async add(entry: OutboxEntry): Promise<void> {
    await this.#outbox.insertOne(toDocument(entry));
  }

  /** Within a transaction that is under way. */
  async insert(entry: OutboxEntry, session: ClientSession): Promise<void> {
    await this.#outbox.insertOne(toDocument(entry), { session });
  }

  /** One by one: MongoDB has no update of many that says which they were. */
  async take(now: number, until: number, limit: number): Promise<OutboxEntry[]> {
    const taken: OutboxEntry[] = [];
    while (taken.length < limit) {
      const found = await this.#outbox.findOneAndUpdate(
        { dueAt: { $lte: now } },
        { $set: { dueAt: until } },
        { sort: { dueAt: 1 }, returnDocument: "after" },
      );
      if (found === null) break;
      taken.push(fromDocument<OutboxEntry>(found));
    }
    return taken;
  }

  async hold(ids: string[], until: number): Promise<void> {
    await this.#outbox.updateMany({ _id: { $in: ids } }, { $set: { dueAt: until } });
  }

  async settle(done: string[], retries: OutboxEntry[]): Promise<void> {
    if (retries.length === 0) {
      await this.#outbox.deleteMany({ _id: { $in: done } });
      return;
    }
    await this.#transact(async (session) => {
      await this.#outbox.insertMany(retries.map(toDocument<OutboxEntry>), { session });
      await this.#outbox.deleteMany({ _id: { $in: done } }, { session });
    });
  }
}
