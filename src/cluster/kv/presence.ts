import { forEachOf } from "../../core/concurrency.ts";
import type { PresenceTable } from "../shared/presence.ts";

/** A hundred users are two hundred keys, of the thousand that one commit of Deno KV accepts. */
const USERS_PER_COMMIT = 100;
const LISTS_AT_ONCE = 16;

/**
 * Writes each entry twice: `["presence", user, instance]` for lookups by user, `["present", …]` for
 * sweeps by instance.
 */
export function kvPresenceTable(kv: Deno.Kv): PresenceTable {
  const keysOf = (instance: string, userId: string): Deno.KvKey[] => [
    ["presence", userId, instance],
    ["present", instance, userId],
  ];
  async function commit(
    instance: string,
    userIds: string[],
    change: (atomic: Deno.AtomicOperation, key: Deno.KvKey) => void,
  ): Promise<void> {
    for (let at = 0; at < userIds.length; at += USERS_PER_COMMIT) {
      const atomic = kv.atomic();
      for (const userId of userIds.slice(at, at + USERS_PER_COMMIT)) {
        for (const key of keysOf(instance, userId)) change(atomic, key);
      }
      await atomic.commit();
    }
  }
  return {
    put: (instance, userIds) => commit(instance, userIds, (atomic, key) => atomic.set(key, 1)),
    remove: (instance, userIds) => commit(instance, userIds, (atomic, key) => atomic.delete(key)),
    async instancesOf(userIds) {
      const found = new Map<string, string[]>();
      await forEachOf(userIds, LISTS_AT_ONCE, async (userId) => {
        const entries = await Array.fromAsync(kv.list({ prefix: ["presence", userId] }));
        found.set(userId, entries.map(({ key }) => key[2] as string));
      });
      return found;
    },
    async usersOf(instance, limit) {
      const entries = kv.list({ prefix: ["present", instance] }, { limit });
      return await Array.fromAsync(entries, ({ key }) => key[2] as string);
    },
  };
}
