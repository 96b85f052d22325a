import type { Bytes } from "./encoding.ts";

/**
 * Where a device keeps its keys. `write` has to be all or nothing and durable when it resolves: state
 * is written before what was made with it is sent, or a key might be used twice after a crash.
 * Give one that is encrypted: `sealedStore` wraps any.
 */
export interface KeyStore {
  /** Undefined where there is none. */
  read(name: string): Promise<Bytes | undefined>;
  /** null deletes; a name that is not there is deleted without complaint. */
  write(changes: Record<string, Bytes | null>): Promise<void>;
  /** All names that begin with `prefix`, sorted. */
  names(prefix: string): Promise<string[]>;
}

/** For tests, and for a session that is meant to leave nothing behind. */
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
