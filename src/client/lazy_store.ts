import type { KeyStore } from "./mls/key_store.ts";

/**
 * Returns a store whose code is loaded: at once, since the first write may come when there is no
 * network, and again by each use after a failure.
 */
export function lazyStore(inner: KeyStore, load: () => Promise<KeyStore>): KeyStore {
  let loading = load();
  loading.catch(() => {});
  const loaded = () => loading.catch(() => loading = load());
  return {
    names: (prefix) => inner.names(prefix),
    read: async (name) => await (await loaded()).read(name),
    write: async (changes) => await (await loaded()).write(changes),
  };
}
