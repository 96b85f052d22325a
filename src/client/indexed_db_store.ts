import type { Bytes } from "./mls/encoding.ts";
import type { KeyStore } from "./mls/key_store.ts";
import { generateDeviceKey } from "./mls/sealed_store.ts";

const ENTRIES = "entries";
const KEYS = "keys";
const DEVICE_KEY = "device";

/**
 * Creates a store that survives the page, in the browser's database `name`. Use one for each
 * account.
 */
export async function indexedDbStore(name: string): Promise<KeyStore> {
  const db = await open(name);
  return {
    async read(entry) {
      const store = db.transaction(ENTRIES).objectStore(ENTRIES);
      return await settled<Bytes | undefined>(store.get(entry));
    },
    async write(changes) {
      const transaction = db.transaction(ENTRIES, "readwrite", { durability: "strict" });
      const store = transaction.objectStore(ENTRIES);
      for (const [entry, value] of Object.entries(changes)) {
        if (value === null) store.delete(entry);
        else store.put(value, entry);
      }
      await completed(transaction);
    },
    async names(prefix) {
      const range = IDBKeyRange.bound(prefix, prefix + "\uffff");
      const store = db.transaction(ENTRIES).objectStore(ENTRIES);
      return await settled(store.getAllKeys(range)) as string[];
    },
  };
}

/** Returns the key under which this browser seals MLS state. Scripts can use it but not read it. */
export async function indexedDbDeviceKey(name: string): Promise<CryptoKey> {
  const db = await open(name);
  const read = () => db.transaction(KEYS).objectStore(KEYS).get(DEVICE_KEY);
  const known = await settled<CryptoKey | undefined>(read());
  if (known) return known;
  const made = await generateDeviceKey();
  const transaction = db.transaction(KEYS, "readwrite");
  // `add` keeps the key of another tab that was faster. Its error neither aborts the transaction
  // nor reaches it.
  transaction.objectStore(KEYS).add(made, DEVICE_KEY).onerror = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  await completed(transaction);
  return (await settled<CryptoKey | undefined>(read()))!;
}

function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(ENTRIES);
    request.result.createObjectStore(KEYS);
  };
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}
