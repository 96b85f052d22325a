import type { ClientSession, Collection } from "mongodb";
import type { PushDevice } from "../../model/push_device.ts";
import type { Session } from "../../model/session.ts";
import type { PushDeviceStore } from "../push_device_store.ts";
import type { MongoConnection } from "./connection.ts";
import { type Document, eq, fromDocument } from "./documents.ts";
import { duplicateIndex } from "./errors.ts";
import type { CollectionSpec } from "./indexes.ts";
import { SESSIONS } from "./session_collection.ts";

const PURGE_PAGE = 500;

export const PUSH_DEVICES: CollectionSpec = {
  name: "pushDevices",
  indexes: [
    { name: "key", key: { key: 1 }, unique: true },
    { name: "ofUser", key: { userId: 1, updatedAt: -1 } },
  ],
};

export class MongoPushDeviceStore implements PushDeviceStore {
  readonly #devices: Collection<Document<PushDevice>>;
  readonly #sessions: Collection<Document<Session>>;

  constructor(mongo: MongoConnection) {
    this.#devices = mongo.collection(PUSH_DEVICES);
    this.#sessions = mongo.collection(SESSIONS);
  }

  /**
   * Two concurrent first registrations may both try to insert: the loser finds the existing row.
   */
  async put(device: PushDevice): Promise<PushDevice> {
    try {
      return await this.#put(device);
    } catch (error) {
      if (duplicateIndex(error) === null) throw error;
      return await this.#put(device);
    }
  }

  async ofUser(userId: string): Promise<PushDevice[]> {
    const found = this.#devices.find({ userId: eq(userId) }).sort({ updatedAt: -1, _id: -1 });
    return (await found.toArray()).map(fromDocument<PushDevice>);
  }

  async ofUsers(userIds: string[]): Promise<PushDevice[]> {
    const found = this.#devices.find({ userId: { $in: userIds } });
    return (await found.toArray()).map(fromDocument<PushDevice>);
  }

  async remove(userId: string, id: string): Promise<boolean> {
    const { deletedCount } = await this.#devices.deleteOne({ _id: eq(id), userId: eq(userId) });
    return deletedCount === 1;
  }

  /** Reads pages: not every server supports a join of two collections. */
  async purge(now: number): Promise<number> {
    let removed = 0;
    for (let after = "";;) {
      const page = await this.#devices.find({ _id: { $gt: after } })
        .sort({ _id: 1 }).limit(PURGE_PAGE).toArray();
      removed += await this.#removeOver(page, now);
      if (page.length < PURGE_PAGE) return removed;
      after = page.at(-1)!._id;
    }
  }

  /** Deletes the devices that sessions of this user registered. */
  async removeOfSessions(
    userId: string,
    sessionIds: string[],
    session?: ClientSession,
  ): Promise<void> {
    const filter = { userId: eq(userId), sessionId: { $in: sessionIds } };
    await this.#devices.deleteMany(filter, { session });
  }

  /** With `session`, runs within its transaction. */
  async deleteAllOf(userId: string, session?: ClientSession): Promise<number> {
    return (await this.#devices.deleteMany({ userId: eq(userId) }, { session })).deletedCount;
  }

  async #removeOver(page: Document<PushDevice>[], now: number): Promise<number> {
    const alive = await this.#sessions.find(
      {
        _id: { $in: page.map(({ sessionId }) => sessionId) },
        endedAt: null,
        expiresAt: { $gt: now },
      },
      { projection: { _id: 1 } },
    ).toArray();
    const aliveIds = new Set(alive.map(({ _id }) => _id));
    const over = page.filter(({ sessionId }) => !aliveIds.has(sessionId)).map(({ _id }) => _id);
    if (over.length === 0) return 0;
    return (await this.#devices.deleteMany({ _id: { $in: over } })).deletedCount;
  }

  /** Two steps: for two concurrent upserts, secantusd 0.5 returns nothing for one of them. */
  async #put({ id, key, createdAt, ...current }: PushDevice): Promise<PushDevice> {
    const change = { $set: current, $setOnInsert: { _id: id, createdAt } };
    await this.#devices.updateOne({ key: eq(key) }, change, { upsert: true });
    const found = await this.#devices.findOne({ key: eq(key) });
    return found ? fromDocument<PushDevice>(found) : { id, key, createdAt, ...current };
  }
}
