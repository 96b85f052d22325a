import type { Bytes } from "../mls/encoding.ts";
import { restoreBackup } from "../mls/key_backup.ts";
import type { KeyStore } from "../mls/key_store.ts";
import { sealedStore } from "../mls/sealed_store.ts";
import { prefixedStore } from "../prefixed_store.ts";

/** The storage of a user's device for all of its encryption. */
export interface EncryptionStorage {
  storage: KeyStore;
  /** Without it nothing is sealed: only for a storage that lasts no longer than the page. */
  deviceKey?: CryptoKey;
  userId: string;
}

export function encryptionStore({ storage, deviceKey, userId }: EncryptionStorage): KeyStore {
  const inner = prefixedStore(storage, `e2ee/${userId}/`);
  return deviceKey ? sealedStore(inner, deviceKey) : inner;
}

/**
 * Restores a backup into the storage of a device that replaces the old one, before the client is
 * created; throws `unreadable` for another key. Never restore it into two: the old device may have
 * used the groups' keys since, so they are left out, and each group is joined again.
 */
export async function restoreEncryption(
  place: EncryptionStorage,
  backup: Bytes,
  recoveryKey: Bytes,
): Promise<void> {
  const store = encryptionStore(place);
  await restoreBackup(store, backup, recoveryKey);
  const old = [...await store.names("group/"), ...await store.names("ratchets/")];
  await store.write(Object.fromEntries(old.map((name) => [name, null])));
}
