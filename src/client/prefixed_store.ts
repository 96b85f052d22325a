import type { KeyStore } from "./mls/key_store.ts";

/** Returns the part of a store whose names begin with `prefix`, without the prefix. */
export function prefixedStore(inner: KeyStore, prefix: string): KeyStore {
  return {
    read: (name) => inner.read(prefix + name),
    write: (changes) =>
      inner.write(
        Object.fromEntries(Object.entries(changes).map(([name, value]) => [prefix + name, value])),
      ),
    names: async (within) =>
      (await inner.names(prefix + within)).map((name) => name.slice(prefix.length)),
  };
}
