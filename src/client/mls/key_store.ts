import type { Bytes } from "./encoding.ts";

/**
 * Stores a device's keys. `write` must be atomic, and durable when it resolves: state is written
 * before anything made with it is sent, otherwise a key might be used twice after a crash. Use an
 * encrypted one: `sealedStore` wraps any store.
 */
export interface KeyStore {
  /** Undefined if there is none. */
  read(name: string): Promise<Bytes | undefined>;
  /** null deletes; deleting a missing name is not an error. */
  write(changes: Record<string, Bytes | null>): Promise<void>;
  /** Returns all names that begin with `prefix`, sorted. */
  names(prefix: string): Promise<string[]>;
}

/**
 * For tests, and for sessions that must leave nothing behind.
 *
 * ```ts ignore
 * import { memoryKeyStore } from "realtimechat-client";
 *
 * const store = memoryKeyStore();
 * await store.write({ name: new Uint8Array([1, 2]) });
 * assert.deepEqual(await store.read("name"), new Uint8Array([1, 2]));
 * ```
 */
export function memoryKeyStore(entries = new Map<string, Bytes>()): KeyStore {
  return {
    read: (name) => Promise.resolve(entries.get(name)?.slice()),
    write(changes) {
      for (const [name, value] of Object.entries(changes)) {
        if (value === null) entries.delete(name);
        else entries.set(name, value.slice());
      }
      return Promise.resolve();
    },
    names: (prefix) =>
      Promise.resolve([...entries.keys()].filter((n) => n.startsWith(prefix)).sort()),
  };
}
