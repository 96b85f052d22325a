import { lazyStore } from "./lazy_store.ts";
import type { KeyStore } from "./mls/key_store.ts";
import { requireWebCrypto } from "./web_crypto.ts";

const MAKE_KEY = "make a device key";

/**
 * Creates a store that survives the page, in the browser's database `name`. One for each account.
 */
export async function indexedDbStore(name: string): Promise<KeyStore> {
  return (await import("./indexed_db_store.ts")).indexedDbStore(name);
}

/**
 * Returns the key under which this browser seals stored data. Scripts can use it, but not read it.
 */
export async function indexedDbDeviceKey(name: string): Promise<CryptoKey> {
  requireWebCrypto(MAKE_KEY);
  return (await import("./indexed_db_store.ts")).indexedDbDeviceKey(name);
}

/**
 * Creates a key for `sealedStore`. It can be used but never read, not even by this code.
 *
 * ```ts ignore
 * import { generateDeviceKey } from "realtimechat-client";
 *
 * const key = await generateDeviceKey();
 * assert.equal(key.extractable, false);
 * ```
 */
export async function generateDeviceKey(): Promise<CryptoKey> {
  requireWebCrypto(MAKE_KEY);
  return (await import("./mls/sealed_store.ts")).generateDeviceKey();
}

/**
 * Returns a store that seals its entries in `inner` under a device key (AES-GCM, 256 bits).
 *
 * ```ts ignore
 * import { generateDeviceKey, memoryKeyStore, sealedStore } from "realtimechat-client";
 *
 * const inner = memoryKeyStore();
 * const store = sealedStore(inner, await generateDeviceKey());
 * await store.write({ name: new Uint8Array([1, 2]) });
 * assert.deepEqual(await store.read("name"), new Uint8Array([1, 2]));
 * assert.notDeepEqual(await inner.read("name"), new Uint8Array([1, 2]));
 * ```
 */
export function sealedStore(inner: KeyStore, deviceKey: CryptoKey): KeyStore {
  return lazyStore(inner, async () => {
    return (await import("./mls/sealed_store.ts")).sealedStore(inner, deviceKey);
  });
}
