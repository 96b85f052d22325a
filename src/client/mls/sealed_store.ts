import { concat } from "../../core/bytes.ts";
import { type Bytes, utf8 } from "./encoding.ts";
import type { KeyStore } from "./key_store.ts";
import { MlsClientError } from "./mls_client_error.ts";

const VERSION = 1;
const NONCE_LENGTH = 12;

/**
 * Encrypts state at rest under a device key: AES-256-GCM, a random nonce for each write, and the
 * entry's name as additional data, so that entries cannot be exchanged. Names stay readable (they
 * contain chat ids), and an attacker with write access may restore an old version of the whole
 * store, which encryption cannot prevent. Random nonces are safe for 2^32 writes under one key.
 *
 * @param deviceKey AES-GCM, 256 bits; keep it in the platform's key store, not extractable.
 */
export function sealedStore(inner: KeyStore, deviceKey: CryptoKey): KeyStore {
  return {
    names: (prefix) => inner.names(prefix),
    async read(name) {
      const sealed = await inner.read(name);
      return sealed && await unseal(deviceKey, name, sealed);
    },
    async write(changes) {
      const sealed: Record<string, Bytes | null> = {};
      for (const [name, value] of Object.entries(changes)) {
        sealed[name] = value && await seal(deviceKey, name, value);
      }
      await inner.write(sealed);
    },
  };
}

/** Creates a key for `sealedStore`. It can be used but never read, not even by this code. */
export function generateDeviceKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

async function seal(key: CryptoKey, name: string, value: Bytes): Promise<Bytes> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
  const cipher = { name: "AES-GCM", iv, additionalData: utf8(name) };
  const sealed = await crypto.subtle.encrypt(cipher, key, value);
  return concat(Uint8Array.of(VERSION), iv, new Uint8Array(sealed));
}

async function unseal(key: CryptoKey, name: string, sealed: Bytes): Promise<Bytes> {
  const unreadable = (cause?: unknown) => {
    return new MlsClientError("unreadable", `Read stored ${name}: it does not decrypt`, cause);
  };
  if (sealed[0] !== VERSION) throw unreadable();
  const iv = sealed.slice(1, 1 + NONCE_LENGTH);
  const cipher = { name: "AES-GCM", iv, additionalData: utf8(name) };
  try {
    const value = await crypto.subtle.decrypt(cipher, key, sealed.slice(1 + NONCE_LENGTH));
    return new Uint8Array(value);
  } catch (error) {
    throw unreadable(error);
  }
}
