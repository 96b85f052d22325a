import { createBackup, restoreBackup } from "../mls/key_backup.ts";
import { type Bytes, fromBase64Url, ownBytes, toBase64Url, utf8 } from "../mls/encoding.ts";
import { memoryKeyStore } from "../mls/key_store.ts";

const CHECK = "check";

/** Seals entries under the recovery key, each time with a new salt. */
export async function sealEntries(
  entries: Map<string, Bytes>,
  recoveryKey: Bytes,
): Promise<string> {
  return toBase64Url(await createBackup(memoryKeyStore(entries), recoveryKey));
}

/** Throws `unreadable` for another key, and for bytes that were altered. */
export async function openEntries(
  sealed: string,
  recoveryKey: Bytes,
): Promise<Map<string, Bytes>> {
  const entries = new Map<string, Bytes>();
  await restoreBackup(memoryKeyStore(entries), ownBytes(fromBase64Url(sealed)), recoveryKey);
  return entries;
}

/** Returns a sealed value that only the same recovery key opens. */
export function sealCheck(recoveryKey: Bytes): Promise<string> {
  return sealEntries(new Map([[CHECK, utf8(CHECK)]]), recoveryKey);
}
