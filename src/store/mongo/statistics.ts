import type { Collection } from "mongodb";
import { DAY_FIGURES, type DayStatistics, emptyDay, type Totals } from "../../model/statistics.ts";
import type { StatisticStore } from "../statistic_store.ts";
import { CHATS } from "./chat_collection.ts";
import type { MongoConnection } from "./connection.ts";
import { compoundKey, eq } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";
import { STORAGE_USAGE } from "./storage_usage.ts";
import { USERS } from "./users.ts";

/** Named by the day. */
export const STATISTICS: CollectionSpec = { name: "statistics", indexes: [] };

/** People who were active on the last days: the `_id` is the day and the user. */
export const ACTIVE_PEOPLE: CollectionSpec = {
  name: "activePeople",
  indexes: [
    { name: "byDay", key: { day: 1 } },
    { name: "byUser", key: { userId: 1 } },
  ],
};

type StatisticDocument = DayStatistics & { _id: string };

interface ActiveDocument {
  _id: string;
  day: string;
  userId: string;
}

export class MongoStatisticStore implements StatisticStore {
  readonly #days: Collection<StatisticDocument>;
  readonly #active: Collection<ActiveDocument>;

  constructor(private readonly mongo: MongoConnection) {
    this.#days = mongo.collection(STATISTICS);
    this.#active = mongo.collection(ACTIVE_PEOPLE);
  }

  async add(day: string, figures: Partial<DayStatistics>): Promise<void> {
    const added = Object.fromEntries(DAY_FIGURES.map((name) => [name, figures[name] ?? 0]));
    await this.#days.updateOne(
      { _id: eq(day) },
      { $inc: added as Record<string, number>, $set: { day } },
      { upsert: true },
    );
  }

  async markActive(day: string, userIds: string[]): Promise<void> {
    if (userIds.length === 0) return;
    const rows = userIds.map((userId) => ({ _id: compoundKey(day, userId), day, userId }));
    const peopleActive = await this.#insertNew(rows);
    if (peopleActive > 0) await this.add(day, { peopleActive });
  }

  async days(first: string, last: string): Promise<DayStatistics[]> {
    const found = await this.#days.find({ _id: { $gte: first, $lte: last } })
      .sort({ _id: 1 }).toArray();
    return found.map(({ _id: day, ...figures }) => ({ ...emptyDay(day), ...figures }));
  }

  async forgetActive(before: string): Promise<void> {
    await this.#active.deleteMany({ day: { $lt: before } });
  }

  async deleteActiveOf(userId: string): Promise<void> {
    await this.#active.deleteMany({ userId: eq(userId) });
  }

  async totals(): Promise<Totals> {
    const users = this.mongo.collection(USERS);
    const usage = this.mongo.collection<{ _id: string; bytes: number }>(STORAGE_USAGE);
    const [people, chats, sums] = await Promise.all([
      users.countDocuments({ deletedAt: null }),
      this.mongo.collection(CHATS).estimatedDocumentCount(),
      usage.aggregate<{ bytes: number }>([{ $group: { _id: null, bytes: { $sum: "$bytes" } } }])
        .toArray(),
    ]);
    return { people, chats, storageBytes: Math.max(0, sums[0]?.bytes ?? 0) };
  }

  /** Returns the number of rows that did not exist. */
  async #insertNew(rows: ActiveDocument[]): Promise<number> {
    const writes = rows.map(({ _id, ...row }) => ({
      updateOne: { filter: { _id: eq(_id) }, update: { $setOnInsert: row }, upsert: true },
    }));
    return (await this.#active.bulkWrite(writes, { ordered: false })).upsertedCount;
  }
}
