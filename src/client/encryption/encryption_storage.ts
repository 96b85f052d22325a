import type { Bytes } from "../mls/encoding.ts";
import { restoreBackup } from "../mls/key_backup.ts";
import type { KeyStore } from "../mls/key_store.ts";
import { sealedStore } from "../mls/sealed_store.ts";
import { prefixedStore } from "../prefixed_store.ts";

/** Where the encryption of a person's device keeps everything. */
export interface EncryptionStorage {
  storage: KeyStore;
  /** Without it nothing is sealed: for a storage that lasts no longer than the page. */
  deviceKey?: CryptoKey;
  userId: string;
}

export function encryptionStore({ storage, deviceKey, userId }: EncryptionStorage): KeyStore {
  const inner = prefixedStore(storage, `e2ee/${userId}/`);
  return deviceKey ? sealedStore(inner, deviceKey) : inner;
}

/**
 * Puts a backup into the storage of a device that takes the old one's place, before the client is
 * made; `unreadable` for another key. Never into two: the groups' keys are left out of what is taken
 * up, for the old device may have used them since, and each group is joined anew.
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
