import type { Db } from "mongodb";
import { BatchLoader } from "../../core/batch_loader.ts";
import type { PresenceTable } from "../shared/presence.ts";

/** People whose entries one query reads. */
const USERS_PER_READ = 200;

interface Entry {
  _id: string;
  userId: string;
  instance: string;
}

/** The collection `presence`. Creates its indexes, which is safe to repeat. */
export async function mongoPresenceTable(db: Db): Promise<PresenceTable> {
  const entries = db.collection<Entry>("presence");
  await entries.createIndexes([{ key: { userId: 1 } }, { key: { instance: 1 } }]);
  const idOf = (instance: string, userId: string) => `${userId}:${instance}`;
  const instances = new BatchLoader<string[]>({
    maxKeys: USERS_PER_READ,
    missing: () => [],
    async read(userIds) {
      const found = new Map<string, string[]>();
      for await (const { userId, instance } of entries.find({ userId: { $in: userIds } })) {
        found.set(userId, [...found.get(userId) ?? [], instance]);
      }
      return found;
    },
  });
  return {
    async put(instance, userIds) {
      const operations = userIds.map((userId) => {
        const replacement = { userId, instance };
        return {
          replaceOne: { filter: { _id: idOf(instance, userId) }, replacement, upsert: true },
        };
      });
      await entries.bulkWrite(operations, { ordered: false });
    },
    async remove(instance, userIds) {
      const ids = userIds.map((userId) => idOf(instance, userId));
      await entries.deleteMany({ _id: { $in: ids } });
    },
    async instancesOf(userIds) {
      return new Map(
        await Promise.all(userIds.map(async (userId): Promise<[string, string[]]> => {
          return [userId, await instances.load(userId)];
        })),
      );
    },
    async usersOf(instance, limit) {
      return await entries.find({ instance }).limit(limit).map(({ userId }) => userId).toArray();
    },
  };
}
