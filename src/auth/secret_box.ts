import { fromBase64Url, toBase64Url } from "../core/base64url.ts";

/**
 * Encrypts, at rest, small secrets (a TOTP secret) that the server must read again. An attacker
 * with a copy of the database cannot read them; an attacker who can write to it cannot move a
 * user's secret to another user.
 */
export interface SecretBox {
  /** Returns `v1.<key id>.<base64url of the IV and the sealed text>`. */
  seal(secret: string, owner: SecretOwner): Promise<string>;
  /** Throws `SealBroken` if the owner, the purpose or the text differs from what was sealed. */
  open(sealed: string, owner: SecretOwner): Promise<string>;
  /** True if it was sealed under an older key and should be sealed again after opening. */
  isOutdated(sealed: string): Promise<boolean>;
  /** Returns it sealed under the current key, or null if it is; throws as `open` does. */
  reseal(sealed: string, owner: SecretOwner): Promise<string | null>;
}

/** Bound to the ciphertext as associated data, so that neither part can be exchanged. */
export interface SecretOwner {
  /** For example `totp`. */
  purpose: string;
  userId: string;
}

/** A fault in the data or in the keys, never the caller's: reported as `internal` if not caught. */
export class SealBroken extends Error {
  override readonly name = "SealBroken";
}

const MIN_SECRET_LENGTH = 32;
const IV_BYTES = 12;
const encoder = new TextEncoder();

interface BoxKey {
  id: string;
  key: CryptoKey;
}

/**
 * `secrets` are the configured ones, the current one first: it seals, and all of them open. To
 * rotate, put a new one in front, and drop the old one once nothing is sealed under it. Each key
 * and its id are derived by HKDF, so that the same secret may serve other purposes.
 */
export function secretBox(secrets: readonly [string, ...string[]]): SecretBox {
  if (secrets.some((secret) => secret.length < MIN_SECRET_LENGTH)) {
    throw new Error(`An encryption secret must have at least ${MIN_SECRET_LENGTH} characters`);
  }
  let derived: Promise<BoxKey[]> | undefined;
  const keys = () => derived ??= Promise.all(secrets.map(deriveKey));
  return {
    async seal(secret, owner) {
      return await seal((await keys())[0], secret, owner);
    },
    async open(sealed, owner) {
      return await open(await keys(), sealed, owner);
    },
    async isOutdated(sealed) {
      return split(sealed).keyId !== (await keys())[0].id;
    },
    async reseal(sealed, owner) {
      const [current, ...former] = await keys();
      if (split(sealed).keyId === current.id) return null;
      return await seal(current, await open(former, sealed, owner), owner);
    },
  };
}

async function deriveKey(secret: string): Promise<BoxKey> {
  const usages: KeyUsage[] = ["deriveBits", "deriveKey"];
  const root = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, usages);
  const from = (info: string) => ({
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(32),
    info: encoder.encode(`realtimechat secret box v1 ${info}`),
  });
  const id = await crypto.subtle.deriveBits(from("key id"), root, 64);
  const aes = { name: "AES-GCM", length: 256 };
  const key = await crypto.subtle.deriveKey(from("key"), root, aes, false, ["encrypt", "decrypt"]);
  return { id: toBase64Url(new Uint8Array(id)), key };
}

/** Random IVs of 96 bits are safe for 2^32 seals under one key (NIST SP 800-38D, section 8.3). */
async function seal({ id, key }: BoxKey, secret: string, owner: SecretOwner): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const how = { name: "AES-GCM", iv, additionalData: associatedData(id, owner) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(how, key, encoder.encode(secret)));
  const bytes = new Uint8Array(IV_BYTES + sealed.length);
  bytes.set(iv);
  bytes.set(sealed, IV_BYTES);
  return `v1.${id}.${toBase64Url(bytes)}`;
}

async function open(keys: BoxKey[], sealed: string, owner: SecretOwner): Promise<string> {
  const { keyId, encoded } = split(sealed);
  const found = keys.find(({ id }) => id === keyId);
  if (!found) {
    throw new SealBroken(
      `Cannot open a sealed secret: no configured secret has the key id ${keyId}`,
    );
  }
  try {
    const bytes = fromBase64Url(encoded);
    const iv = bytes.subarray(0, IV_BYTES);
    const how = { name: "AES-GCM", iv, additionalData: associatedData(keyId, owner) };
    const opened = await crypto.subtle.decrypt(how, found.key, bytes.subarray(IV_BYTES));
    return new TextDecoder().decode(opened);
  } catch (cause) {
    throw new SealBroken("Cannot open a sealed secret: it belongs elsewhere or was altered", {
      cause,
    });
  }
}

function split(sealed: string): { keyId: string; encoded: string } {
  const match = /^v1\.([\w-]{11})\.([\w-]+)$/.exec(sealed);
  if (!match) {
    throw new SealBroken("Cannot open a sealed secret: it is not of the form v1.<key id>.<bytes>");
  }
  return { keyId: match[1], encoded: match[2] };
}

function associatedData(keyId: string, owner: SecretOwner): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(["v1", keyId, owner.purpose, owner.userId]));
}
