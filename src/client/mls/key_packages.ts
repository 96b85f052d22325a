import {
  type CiphersuiteImpl,
  generateKeyPackageWithKey,
  type KeyPackage,
  type PrivateKeyPackage,
} from "ts-mls";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import {
  type Bytes,
  fromUtf8,
  ownBytes,
  packParts,
  toBase64Url,
  unpackParts,
  utf8,
} from "./encoding.ts";
import type { KeyStore } from "./key_store.ts";
import { CAPABILITIES, cipherSuite, deviceCredential, LAST_RESORT } from "./suite.ts";
import { decodeKeyPackage, encodeWire } from "./wire.ts";

export interface SignatureKeyPair {
  /** Ed25519, 32 bytes. */
  publicKey: Bytes;
  /** PKCS #8. */
  signKey: Bytes;
}

export interface StoredKeyPackage {
  name: string;
  keyPackage: KeyPackage;
  keys: PrivateKeyPackage;
  isLastResort: boolean;
}

const PREFIX = "keyPackage/";
/** 84 days, as in OpenMLS, and an hour back for clocks that differ. */
const LIFETIME_SECONDS = 84 * 24 * 3600;
const MARGIN_SECONDS = 3600;

export interface KeyPackageOwner {
  userId: string;
  deviceId: string;
  signature: SignatureKeyPair;
}

/** Creates a key package of the device without storing it. `now` in milliseconds since 1970. */
export async function makeKeyPackage(
  owner: KeyPackageOwner,
  isLastResort: boolean,
  now: number,
): Promise<{ keyPackage: KeyPackage; keys: PrivateKeyPackage }> {
  const seconds = Math.floor(now / 1000);
  const notBefore = BigInt(seconds - MARGIN_SECONDS);
  const { publicPackage, privatePackage } = await generateKeyPackageWithKey(
    deviceCredential(owner.userId, owner.deviceId),
    CAPABILITIES,
    { notBefore, notAfter: BigInt(seconds + LIFETIME_SECONDS) },
    isLastResort ? [{ extensionType: LAST_RESORT, extensionData: new Uint8Array() }] : [],
    owner.signature,
    await cipherSuite(),
  );
  return { keyPackage: publicPackage, keys: privatePackage };
}

/**
 * Creates `count` key packages, stores their private parts in one write, and returns the public
 * ones.
 */
export async function createKeyPackages(
  store: KeyStore,
  owner: KeyPackageOwner,
  count: number,
  isLastResort: boolean,
  now: number,
): Promise<string[]> {
  const suite = await cipherSuite();
  const changes: Record<string, Bytes> = {};
  const encoded: string[] = [];
  for (let i = 0; i < count; i++) {
    const { keyPackage, keys } = await makeKeyPackage(owner, isLastResort, now);
    const text = encodeWire({ wireformat: "mls_key_package", keyPackage });
    changes[await nameOf(keyPackage, suite)] = packParts([
      utf8(text),
      keys.initPrivateKey,
      keys.hpkePrivateKey,
      Uint8Array.of(isLastResort ? 1 : 0),
    ]);
    encoded.push(text);
  }
  await store.write(changes);
  return encoded;
}

/** Returns the key package that one of these KeyPackageRefs names. */
export async function findKeyPackage(
  store: KeyStore,
  refs: Uint8Array[],
  signature: SignatureKeyPair,
): Promise<StoredKeyPackage | undefined> {
  for (const ref of refs) {
    const name = PREFIX + toBase64Url(ref);
    const stored = await store.read(name);
    if (stored) return decodeStored(name, stored, signature);
  }
}

/** Erases expired key packages, and returns the number of the remaining ones. */
export async function pruneKeyPackages(
  store: KeyStore,
  signature: SignatureKeyPair,
  now: number,
): Promise<number> {
  const names = await store.names(PREFIX);
  const expired: Record<string, null> = {};
  for (const name of names) {
    const { leafNode } = decodeStored(name, (await store.read(name))!, signature).keyPackage;
    // A Welcome may still be in transit, so they are kept for the same time again.
    const last = Number(leafNode.lifetime.notAfter) + LIFETIME_SECONDS;
    if (last * 1000 < now) expired[name] = null;
  }
  await store.write(expired);
  return names.length - Object.keys(expired).length;
}

async function nameOf(keyPackage: KeyPackage, suite: CiphersuiteImpl): Promise<string> {
  return PREFIX + toBase64Url(await makeKeyPackageRef(keyPackage, suite.hash));
}

function decodeStored(
  name: string,
  stored: Bytes,
  signature: SignatureKeyPair,
): StoredKeyPackage {
  const [text, initPrivateKey, hpkePrivateKey, lastResort] = unpackParts(stored);
  return {
    name,
    keyPackage: decodeKeyPackage(fromUtf8(text)),
    keys: { initPrivateKey, hpkePrivateKey, signaturePrivateKey: ownBytes(signature.signKey) },
    isLastResort: lastResort[0] === 1,
  };
}
