import { concat } from "../../core/bytes.ts";
import { type Bytes, fromUtf8, packParts, unpackParts, utf8 } from "./encoding.ts";
import type { KeyStore } from "./key_store.ts";
import { MlsClientError } from "./mls_client_error.ts";

const MAGIC = utf8("RTCB");
const VERSION = 1;
const SALT_LENGTH = 32;
const NONCE = new Uint8Array(12);
const HEADER_LENGTH = 4 + 1 + SALT_LENGTH;

/**
 * Encrypts all entries of a store under a recovery key: HKDF-SHA-256 with a new random salt for
 * each backup derives the AES-256-GCM key, which is therefore used once (so its nonce can be zero).
 * The header is authenticated.
 *
 * Restore it onto a device that replaces the old one, never onto two: MLS keys that two devices use
 * break the secrecy of both. An old backup holds old ratchets: after a restore, join each chat
 * again with `joinExternally`.
 */
export async function createBackup(store: KeyStore, recoveryKey: Bytes): Promise<Bytes> {
  const parts: Bytes[] = [];
  for (const name of await store.names("")) {
    const value = await store.read(name);
    if (value) parts.push(utf8(name), value);
  }
  const salt = crypto.getRandomValues(new Uint8Array(SALT_LENGTH));
  const header = concat(MAGIC, Uint8Array.of(VERSION), salt);
  const cipher = { name: "AES-GCM", iv: NONCE, additionalData: header };
  const key = await deriveKey(recoveryKey, salt);
  const sealed = await crypto.subtle.encrypt(cipher, key, packParts(parts));
  return concat(header, new Uint8Array(sealed));
}

/**
 * Writes all entries of the backup in one write. Throws `unreadable` for another key, and for a
 * backup that was altered or cut off; then nothing is written.
 */
export async function restoreBackup(
  store: KeyStore,
  backup: Bytes,
  recoveryKey: Bytes,
): Promise<void> {
  const parts = await open(backup, recoveryKey);
  const entries: Record<string, Bytes> = {};
  for (let i = 0; i < parts.length; i += 2) entries[fromUtf8(parts[i])] = parts[i + 1];
  await store.write(entries);
}

async function open(backup: Bytes, recoveryKey: Bytes): Promise<Bytes[]> {
  const header = backup.slice(0, HEADER_LENGTH);
  if (backup.length < HEADER_LENGTH || !MAGIC.every((byte, i) => byte === header[i])) {
    throw new MlsClientError("unreadable", "Read the backup: it is none");
  }
  if (header[4] !== VERSION) {
    throw new MlsClientError("unreadable", `Read the backup: version ${header[4]} is unknown`);
  }
  try {
    const key = await deriveKey(recoveryKey, header.slice(5));
    const cipher = { name: "AES-GCM", iv: NONCE, additionalData: header };
    const packed = await crypto.subtle.decrypt(cipher, key, backup.slice(HEADER_LENGTH));
    return unpackParts(new Uint8Array(packed));
  } catch (error) {
    throw new MlsClientError("unreadable", "Read the backup: it does not decrypt", error);
  }
}

async function deriveKey(recoveryKey: Bytes, salt: Bytes): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey("raw", recoveryKey, "HKDF", false, ["deriveKey"]);
  const info = utf8("RealTimeChat key backup 1");
  return await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt, info },
    base,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}
