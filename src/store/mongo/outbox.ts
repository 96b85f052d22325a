import type { Collection } from "mongodb";
import type { OutboxEntry } from "../../model/outbox_entry.ts";
import type { OutboxStore } from "../outbox_store.ts";
import type { PlannedWrite } from "./bulk_write.ts";
import type { MongoConnection } from "./connection.ts";
import { type Document, fromDocument, toDocument } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";
import type { ServerClock } from "./server_clock.ts";
import type { Transact } from "./transaction.ts";

export const OUTBOX: CollectionSpec = {
  name: "outbox",
  indexes: [{ name: "due", key: { dueAt: 1 } }],
};

/** `dueAt` is stored by the database's clock: instances' leases are compared by it. */
export class MongoOutboxStore implements OutboxStore {
  readonly #outbox: Collection<Document<OutboxEntry>>;
  readonly #transact: Transact;
  readonly #clock: ServerClock;

  constructor(mongo: MongoConnection) {
    this.#outbox = mongo.collection(OUTBOX);
    this.#transact = mongo.transact;
    this.#clock = mongo.clock;
  }

  async add(entry: OutboxEntry): Promise<void> {
    await this.#outbox.insertOne(toDocument(later(entry, await this.#clock.offset())));
  }

  /** The writes of a transaction that adds the entries. */
  async writesOf(entries: OutboxEntry[]): Promise<PlannedWrite[]> {
    const offset = await this.#clock.offset();
    return entries.map((entry) => ({ to: OUTBOX.name, insert: toDocument(later(entry, offset)) }));
  }

  /** One by one: MongoDB has no update of many documents that returns which they were. */
  async claim(now: number, until: number, limit: number): Promise<OutboxEntry[]> {
    const claimed: OutboxEntry[] = [];
    const offset = await this.#clock.offset();
    while (claimed.length < limit) {
      const found = await this.#outbox.findOneAndUpdate(
        { dueAt: { $lte: now + offset } },
        { $set: { dueAt: until + offset } },
        { sort: { dueAt: 1 }, returnDocument: "after" },
      );
      if (found === null) break;
      claimed.push(later(fromDocument<OutboxEntry>(found), -offset));
    }
    return claimed;
  }

  async firstDue(now: number): Promise<number | null> {
    const offset = await this.#clock.offset();
    const first = await this.#outbox.findOne(
      { dueAt: { $lte: now + offset } },
      { sort: { dueAt: 1 }, projection: { dueAt: 1 } },
    );
    return first === null ? null : first.dueAt - offset;
  }

  async extend(ids: string[], until: number): Promise<void> {
    const dueAt = until + await this.#clock.offset();
    await this.#outbox.updateMany({ _id: { $in: ids } }, { $set: { dueAt } });
  }

  async settle(done: string[], retries: OutboxEntry[]): Promise<void> {
    if (retries.length === 0) {
      await this.#outbox.deleteMany({ _id: { $in: done } });
      return;
    }
    const offset = await this.#clock.offset();
    const documents = retries.map((entry) => toDocument(later(entry, offset)));
    await this.#transact(async (session) => {
      await this.#outbox.insertMany(documents, { session });
      await this.#outbox.deleteMany({ _id: { $in: done } }, { session });
    });
  }
}

function later(entry: OutboxEntry, ms: number): OutboxEntry {
  return { ...entry, dueAt: entry.dueAt + ms };
}
