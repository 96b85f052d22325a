import { createHash } from "node:crypto";
import type { ClientSession, Collection, Filter, OptionalUnlessRequiredId } from "mongodb";
import { Serial } from "../../core/serial.ts";
import type { BoundedAdd } from "../bounded_add.ts";
import type { MongoConnection } from "./connection.ts";
import { eq } from "./documents.ts";
import { duplicateIndex } from "./errors.ts";
import type { CollectionSpec } from "./indexes.ts";
import type { Transact } from "./transaction.ts";

/** Number of guards: lists whose names have the same hash share one, which only delays them. */
const GUARDS = 1024;

interface GuardDocument {
  _id: string;
  adds: number;
}

export const LIST_GUARDS: CollectionSpec = { name: "listGuards", indexes: [] };

/**
 * Adds to lists with a maximum. Two transactions that count a list before they insert would both
 * find room in it: neither sees the other's row. So each first writes the list's guard, a document
 * on which they collide, and the later one counts again.
 */
export class BoundedLists {
  readonly #guards: Collection<GuardDocument>;
  readonly #transact: Transact;
  /** Guards that are known to exist. */
  readonly #made = new Set<string>();
  /** Adds of this instance do not collide, but take turns. */
  readonly #turns = new Serial();

  constructor(mongo: MongoConnection) {
    this.#guards = mongo.collection(LIST_GUARDS);
    this.#transact = mongo.transact;
  }

  /** Runs `add` in a transaction of which only one at a time commits for each of these lists. */
  async add<T>(lists: string[], add: (session: ClientSession) => Promise<T>): Promise<T> {
    // In one order for all, or two adds could wait for each other.
    const guards = [...new Set(lists.map(guardOf))].sort();
    for (const guard of guards) await this.#make(guard);
    return await this.#inTurn(guards, () =>
      this.#transact(async (session) => {
        for (const guard of guards) {
          await this.#guards.updateOne({ _id: eq(guard) }, { $inc: { adds: 1 } }, { session });
        }
        return await add(session);
      }));
  }

  #inTurn<T>([guard, ...others]: string[], work: () => Promise<T>): Promise<T> {
    if (guard === undefined) return work();
    return this.#turns.run(guard, () => this.#inTurn(others, work));
  }

  /** Before any transaction: within two of them, one of two first upserts would fail. */
  async #make(guard: string): Promise<void> {
    if (this.#made.has(guard)) return;
    const first = { $setOnInsert: { adds: 0 } };
    try {
      await this.#guards.updateOne({ _id: eq(guard) }, first, { upsert: true });
    } catch (error) {
      if (duplicateIndex(error) === null) throw error;
    }
    this.#made.add(guard);
  }
}

export interface BoundedInsert<D, Row> {
  document: D;
  /** The row that the document stores. */
  row: Row;
  list: Filter<D>;
  max: number;
  session: ClientSession;
}

/** Inserts a document unless `list` finds `max` already. Runs within the session's transaction. */
export async function insertBounded<D extends { _id: string }, Row>(
  collection: Collection<D>,
  { document, row, list, max, session }: BoundedInsert<D, Row>,
): Promise<BoundedAdd<Row>> {
  const count = await collection.countDocuments(list, { session });
  if (count >= max) return { outcome: "full", count };
  await collection.insertOne(document as OptionalUnlessRequiredId<D>, { session });
  return { outcome: "added", row };
}

function guardOf(list: string): string {
  const hash = createHash("sha256").update(list).digest().readUInt32BE(0);
  return String(hash % GUARDS);
}
