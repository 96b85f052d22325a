import type { Bytes } from "../mls/encoding.ts";
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

/** Entries that belong to the user, and not to the device: read messages and seen keys. */
const OF_USER = /^(plain|known|verified)\//;

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
  const { restoreBackup } = await import("../mls/key_backup.ts");
  const store = encryptionStore(place);
  await restoreBackup(store, backup, recoveryKey);
  const old = [...await store.names("group/"), ...await store.names("ratchets/")];
  await store.write(Object.fromEntries(old.map((name) => [name, null])));
}

/**
 * Deletes the device's keys, and keeps what it has read: the next `enableEncryption` makes a new
 * device. For a device that its user has removed, before the client is created.
 *
 * ```ts ignore
 * import { memoryKeyStore } from "realtimechat-client";
 * import { forgetDevice } from "realtimechat-client/encryption";
 *
 * await forgetDevice({ storage: memoryKeyStore(), userId: client.userId });
 * ```
 */
export async function forgetDevice(place: EncryptionStorage): Promise<void> {
  const store = encryptionStore(place);
  const names = (await store.names("")).filter((name) => !OF_USER.test(name));
  await store.write(Object.fromEntries(names.map((name) => [name, null])));
}
