import type { ClientSession, Collection, Document as AnyDocument } from "mongodb";
import { BatchLoader } from "../../core/batch_loader.ts";
import type { PushDevice } from "../../model/push_device.ts";
import type { BoundedAdd } from "../bounded_add.ts";
import type { PushDeviceStore } from "../push_device_store.ts";
import { BoundedLists } from "./bounded_lists.ts";
import type { MongoConnection } from "./connection.ts";
import { compoundKey, type Document, eq, fromDocument, IN_BATCHES } from "./documents.ts";
import { duplicateIndex } from "./errors.ts";
import type { CollectionSpec } from "./indexes.ts";
import { listLoader } from "./row_loaders.ts";
import { SESSIONS } from "./session_collection.ts";

export const PUSH_DEVICES: CollectionSpec = {
  name: "pushDevices",
  indexes: [
    { name: "key", key: { key: 1 }, unique: true },
    { name: "ofUser", key: { userId: 1, updatedAt: -1 } },
  ],
};

/** As many people as share their read with those of other chats. */
const FEW = 20;

type DeadDevice = Pick<Document<PushDevice>, "_id" | "sessionId">;

export class MongoPushDeviceStore implements PushDeviceStore {
  readonly #devices: Collection<Document<PushDevice>>;
  readonly #lists: BoundedLists;
  /** True once there was one: then it is not asked again. */
  #hasAny = false;
  /** Chats whose pushes are due together share its read. */
  readonly #any: BatchLoader<boolean>;
  readonly #ofUser: (userId: string) => Promise<Document<PushDevice>[]>;

  constructor(mongo: MongoConnection) {
    this.#devices = mongo.collection(PUSH_DEVICES);
    this.#lists = new BoundedLists(mongo);
    this.#any = new BatchLoader({
      maxKeys: 1,
      atOnce: 1,
      missing: () => false,
      read: async ([key]) => new Map([[key, await this.#readAny()]]),
    });
    this.#ofUser = listLoader(this.#devices, "userId");
  }

  /**
   * Apps register at each start: renewing a row needs no transaction. Two people who register one
   * device at once may both try to insert: the loser finds the existing row.
   */
  async put(device: PushDevice, max: number): Promise<BoundedAdd<PushDevice>> {
    const renewed = await this.#renew(device);
    if (renewed) return renewed;
    try {
      return await this.#add(device, max);
    } catch (error) {
      if (duplicateIndex(error) === null) throw error;
      return await this.#add(device, max);
    }
  }

  async ofUser(userId: string): Promise<PushDevice[]> {
    const found = this.#devices.find({ userId: eq(userId) }).sort({ updatedAt: -1, _id: -1 });
    return (await found.toArray()).map(fromDocument<PushDevice>);
  }

  async ofUsers(userIds: string[]): Promise<PushDevice[]> {
    if (userIds.length <= FEW) {
      const found = await Promise.all([...new Set(userIds)].map(this.#ofUser));
      return found.flat().map(fromDocument<PushDevice>);
    }
    const found = this.#devices.find({ userId: { $in: userIds } }, IN_BATCHES);
    return (await found.toArray()).map(fromDocument<PushDevice>);
  }

  /** The members are read anyway, and their devices together with those of other chats. */
  async anyInChat(): Promise<boolean> {
    return this.#hasAny ||= await this.#any.load("any");
  }

  async remove(userId: string, id: string): Promise<boolean> {
    const { deletedCount } = await this.#devices.deleteOne({ _id: eq(id), userId: eq(userId) });
    return deletedCount === 1;
  }

  /**
   * The session is part of the condition: a device that is registered again in the meantime, by a
   * session that is alive, stays.
   */
  async purge(now: number): Promise<number> {
    const dead = this.#devices.aggregate<DeadDevice>(withoutLiveSession(now), IN_BATCHES);
    let removed = 0;
    while (await dead.hasNext()) {
      const writes = dead.readBufferedDocuments().map((filter) => ({ deleteOne: { filter } }));
      removed += (await this.#devices.bulkWrite(writes, { ordered: false })).deletedCount;
    }
    return removed;
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

  async #readAny(): Promise<boolean> {
    return await this.#devices.findOne({}, { projection: { _id: 1 } }) !== null;
  }

  /** Returns null, and changes nothing, if the person does not have the device. */
  async #renew(
    { id: _, key, createdAt: _createdAt, ...current }: PushDevice,
    session?: ClientSession,
  ): Promise<BoundedAdd<PushDevice> | null> {
    const renewed = await this.#devices.findOneAndUpdate(
      { key: eq(key), userId: eq(current.userId) },
      { $set: current },
      { returnDocument: "after", session },
    );
    return renewed && { outcome: "exists", row: fromDocument<PushDevice>(renewed) };
  }

  #add(device: PushDevice, max: number): Promise<BoundedAdd<PushDevice>> {
    const { id, key, createdAt, ...current } = device;
    const { userId } = current;
    return this.#lists.add([compoundKey(PUSH_DEVICES.name, userId)], async (session) => {
      const renewed = await this.#renew(device, session);
      if (renewed) return renewed;
      const count = await this.#devices.countDocuments({ userId: eq(userId) }, { session });
      if (count >= max) return { outcome: "full", count };
      const put = await this.#devices.findOneAndUpdate(
        { key: eq(key) },
        { $set: current, $setOnInsert: { _id: id, createdAt } },
        { upsert: true, returnDocument: "after", session },
      );
      return { outcome: "added", row: fromDocument<PushDevice>(put!) };
    });
  }
}

/** Devices whose session is missing, ended or expired. */
function withoutLiveSession(now: number): AnyDocument[] {
  return [
    {
      $lookup: {
        from: SESSIONS.name,
        localField: "sessionId",
        foreignField: "_id",
        pipeline: [
          { $match: { endedAt: null, expiresAt: { $gt: now } } },
          { $project: { _id: 1 } },
        ],
        as: "live",
      },
    },
    { $match: { live: { $size: 0 } } },
    { $project: { sessionId: 1 } },
  ];
}
