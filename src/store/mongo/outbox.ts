import type { ClientSession, Collection, Document as BsonDocument } from "mongodb";
import { idsOf } from "../../core/ids.ts";
import type { OutboxEntry } from "../../model/outbox_entry.ts";
import type { OutboxStore } from "../outbox_store.ts";
import type { PlannedWrite } from "./bulk_write.ts";
import type { MongoConnection } from "./connection.ts";
import { type Document, fromDocument, toDocument } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";
import { type OutboxPack, OutboxPacks, packable } from "./outbox_packs.ts";
import type { ServerClock } from "./server_clock.ts";
import type { Transact } from "./transaction.ts";

export const OUTBOX: CollectionSpec = {
  name: "outbox",
  indexes: [
    { name: "due", key: { dueAt: 1 } },
    {
      name: "packDue",
      key: { packDueAt: 1 },
      partialFilterExpression: { packDueAt: { $gt: 0 } },
    },
  ],
};

/**
 * `dueAt` is stored by the database's clock: instances' leases are compared by it. The entries of
 * one transaction share a document, which is taken apart only if they are not done when it is due:
 * the process that wrote it has died.
 */
export class MongoOutboxStore implements OutboxStore {
  readonly #outbox: Collection<Document<OutboxEntry>>;
  readonly #packed: Collection<OutboxPack>;
  readonly #packs = new OutboxPacks();
  readonly #transact: Transact;
  readonly #clock: ServerClock;

  constructor(mongo: MongoConnection) {
    this.#outbox = mongo.collection(OUTBOX);
    this.#packed = mongo.collection(OUTBOX);
    this.#transact = mongo.transact;
    this.#clock = mongo.clock;
  }

  async add(entry: OutboxEntry): Promise<void> {
    await this.#outbox.insertOne(toDocument(later(entry, await this.#clock.offset())));
  }

  /** The writes of a transaction that adds the entries. */
  async writesOf(entries: OutboxEntry[]): Promise<PlannedWrite[]> {
    const offset = await this.#clock.offset();
    // An earlier try of the transaction may have put them into a pack.
    this.#packs.forget(idsOf(entries));
    const { together, alone } = packable(entries.map((entry) => later(entry, offset)));
    const documents: BsonDocument[] = alone.map(toDocument);
    if (together.length > 0) documents.push(this.#packs.add(together));
    return documents.map((insert) => ({ to: OUTBOX.name, insert }));
  }

  /** One by one: MongoDB has no update of many documents that returns which they were. */
  async claim(now: number, until: number, limit: number): Promise<OutboxEntry[]> {
    const claimed: OutboxEntry[] = [];
    const offset = await this.#clock.offset();
    await this.#unpack(now + offset, limit);
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
    const until = now + offset;
    const [entry, pack] = await Promise.all([
      this.#outbox.findOne(
        { dueAt: { $lte: until } },
        { sort: { dueAt: 1 }, projection: { dueAt: 1 } },
      ),
      this.#packed.findOne(packDue(until), {
        sort: { packDueAt: 1 },
        projection: { packDueAt: 1 },
      }),
    ]);
    const first = Math.min(entry?.dueAt ?? Infinity, pack?.packDueAt ?? Infinity);
    return first === Infinity ? null : first - offset;
  }

  async extend(ids: string[], until: number): Promise<void> {
    const dueAt = until + await this.#clock.offset();
    const { alone, packs } = this.#packs.holding(ids);
    if (alone.length > 0) {
      await this.#outbox.updateMany({ _id: { $in: alone } }, { $set: { dueAt } });
    }
    if (packs.length > 0) {
      await this.#packed.updateMany({ _id: { $in: packs } }, { $set: { packDueAt: dueAt } });
    }
  }

  async settle(done: string[], retries: OutboxEntry[]): Promise<void> {
    if (retries.length === 0) await this.#delete(done);
    else {
      const offset = await this.#clock.offset();
      const documents = retries.map((entry) => toDocument(later(entry, offset)));
      await this.#transact(async (session) => {
        await this.#outbox.insertMany(documents, { session });
        await this.#delete(done, session);
      });
    }
    this.#packs.forget(done);
  }

  async #delete(done: string[], session?: ClientSession): Promise<void> {
    const { alone, whole, parts } = this.#packs.without(done);
    const documents = [...alone, ...whole];
    let missing = documents.length + parts.packs.length;
    if (documents.length > 0) {
      const all = { _id: { $in: documents } };
      missing -= (await this.#outbox.deleteMany(all, { session })).deletedCount;
    }
    if (parts.packs.length > 0) {
      const packs = { _id: { $in: parts.packs } };
      const pull = { $pull: { entries: { id: { $in: parts.entries } } } };
      missing -= (await this.#packed.updateMany(packs, pull, { session })).matchedCount;
    }
    if (missing > 0) await this.#deleteElsewhere(done, session);
  }

  /** Entries that another instance has unpacked, or of packs that are not remembered. */
  async #deleteElsewhere(ids: string[], session?: ClientSession): Promise<void> {
    const packs = { packDueAt: { $gt: 0 }, "entries.id": { $in: ids } };
    const pull = { $pull: { entries: { id: { $in: ids } } } };
    await this.#packed.updateMany(packs, pull, { session });
    await this.#outbox.deleteMany({ _id: { $in: ids } }, { session });
  }

  /** Gives entries of due packs, of at least `limit` if there are so many, their own documents. */
  async #unpack(until: number, limit: number): Promise<void> {
    for (let count = 0; count < limit;) {
      const pack = await this.#packed.findOne(packDue(until), { sort: { packDueAt: 1 } });
      if (pack === null) return;
      count += Math.max(1, pack.entries.length);
      await this.#transact((session) => this.#takeApart(pack._id, until, session));
      this.#packs.forgetPack(pack._id);
    }
  }

  /** Does nothing if another instance has extended the lease, or was faster. */
  async #takeApart(_id: string, until: number, session: ClientSession): Promise<void> {
    const pack = await this.#packed.findOneAndDelete({ _id, ...packDue(until) }, { session });
    if (pack === null || pack.entries.length === 0) return;
    const dueAt = pack.packDueAt;
    const documents = pack.entries.map((entry) => toDocument({ ...entry, dueAt }));
    await this.#outbox.insertMany(documents, { session });
  }
}

/** With the lower bound, MongoDB recognizes the condition as within the partial index. */
function packDue(until: number) {
  return { packDueAt: { $gt: 0, $lte: until } };
}

function later(entry: OutboxEntry, ms: number): OutboxEntry {
  return { ...entry, dueAt: entry.dueAt + ms };
}
