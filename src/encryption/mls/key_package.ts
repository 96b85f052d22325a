import type { Bytes } from "../../core/bytes.ts";
import { quote } from "../../core/errors.ts";
import { x25519Name } from "../../core/x25519.ts";
import { checkHpkeKey } from "./hpke_key.ts";
import { type DeviceIdentity, parseIdentity } from "./identity.ts";
import { refHash, sameBytes, verifyWithLabel } from "./labelled_crypto.ts";
import {
  checkCapabilities,
  CIPHER_SUITE,
  EXTENSION,
  type Extension,
  type LeafNode,
  type Lifetime,
  MLS10,
  readExtensions,
  readLeafNode,
  verifyLeafNode,
} from "./leaf_node.ts";
import { malformed, readWhole, TlsReader } from "./tls_reader.ts";
import { readMessageHeader, WIRE_FORMAT } from "./wire_format.ts";

/** RFC 9420, section 10. */
export interface KeyPackage {
  initKey: Bytes;
  leafNode: LeafNode;
  extensions: Extension[];
  signature: Bytes;
  /** The bare KeyPackage as sent, and its KeyPackageTBS. */
  encoded: Bytes;
  toBeSigned: Bytes;
}

export interface KeyPackageOwner extends DeviceIdentity {
  signatureKey: Bytes;
}

/**
 * Maximum `not_after - not_before`. OpenMLS uses 84 days and one hour of margin by default; this
 * value leaves room for other implementations.
 */
const MAX_LIFETIME_SECONDS = 400n * 24n * 3600n;

export function readKeyPackage(reader: TlsReader): KeyPackage {
  const start = reader.offset;
  const version = reader.uint16("key_package.version");
  if (version !== MLS10) throw malformed("key_package.version", `${version} is not mls10 (1)`);
  const suite = reader.uint16("key_package.cipher_suite");
  if (suite !== CIPHER_SUITE) throw malformed("key_package.cipher_suite", `${suite} is not 1`);
  const initKey = reader.opaque("key_package.init_key");
  const leafNode = readLeafNode(reader);
  const extensions = readExtensions(reader, "key_package.extensions");
  const toBeSigned = reader.since(start);
  const signature = reader.opaque("key_package.signature");
  return { initKey, leafNode, extensions, signature, encoded: reader.since(start), toBeSigned };
}

/**
 * Accepts a bare KeyPackage and one in an MLSMessage. Both begin with version 1; the next two bytes
 * are the cipher suite of a bare one (1) or the wire format of an MLSMessage (5).
 */
export function parseKeyPackage(bytes: Bytes): KeyPackage {
  const peek = new TlsReader(bytes);
  peek.uint16("key_package.version");
  const wrapped = peek.uint16("key_package.cipher_suite") === WIRE_FORMAT.keyPackage;
  return readWhole(bytes, "key_package", (reader) => {
    if (wrapped) readMessageHeader(reader, WIRE_FORMAT.keyPackage);
    return readKeyPackage(reader);
  });
}

/**
 * Checks an uploaded key package against the contract, and against everything that RFC 9420,
 * section 10.1, lets a non-member check, so that no member ever receives an unusable one. `now` is
 * in milliseconds since 1970.
 */
export async function checkKeyPackage(
  keyPackage: KeyPackage,
  owner: KeyPackageOwner,
  now: number,
): Promise<void> {
  const { leafNode } = keyPackage;
  const identity = parseIdentity(leafNode.identity, "credential.identity");
  if (identity.userId !== owner.userId || identity.deviceId !== owner.deviceId) {
    const named = quote(`${identity.userId}/${identity.deviceId}`);
    throw malformed("credential.identity", `${named} is not the device's`);
  }
  if (!sameBytes(leafNode.signatureKey, owner.signatureKey)) {
    throw malformed("leaf_node.signature_key", "it is not the device's");
  }
  await checkKeyPackageItself(keyPackage, now);
}

/** Checks a key package without a known owner, for one inside an Add. */
export async function checkKeyPackageItself(
  keyPackage: KeyPackage,
  now: number,
): Promise<void> {
  const { leafNode, initKey, toBeSigned, signature } = keyPackage;
  checkHpkeKey(initKey, "key_package.init_key");
  if (x25519Name(initKey) === x25519Name(leafNode.encryptionKey)) {
    throw malformed("key_package.init_key", "it equals the encryption key of the leaf");
  }
  await checkNewLeaf(leafNode, now);
  if (!await verifyWithLabel(leafNode.signatureKey, "KeyPackageTBS", toBeSigned, signature)) {
    throw malformed("key_package.signature", "it does not verify");
  }
}

/** Checks a leaf in the form that a key package holds, before it has committed. */
export async function checkNewLeaf(leaf: LeafNode, now: number): Promise<void> {
  if (leaf.source.kind !== "key_package") {
    throw malformed("leaf_node.leaf_node_source", `${leaf.source.kind} is not key_package`);
  }
  checkHpkeKey(leaf.encryptionKey, "leaf_node.encryption_key");
  checkLifetime(leaf.source.lifetime, now);
  checkCapabilities(leaf, "capabilities");
  // The leaf of a key package has no position yet, and its LeafNodeTBS holds none.
  const nowhere = { groupId: new Uint8Array(), leafIndex: 0 };
  if (!await verifyLeafNode(leaf, nowhere)) {
    throw malformed("leaf_node.signature", "it does not verify");
  }
}

/** KeyPackageRef (RFC 9420, section 5.2), by which a Welcome names a key package. 32 bytes. */
export function keyPackageRef(keyPackage: KeyPackage): Promise<Bytes> {
  return refHash("MLS 1.0 KeyPackage Reference", keyPackage.encoded);
}

/** True for a last-resort key package, which is handed out repeatedly if there is no other. */
export function isLastResort(keyPackage: KeyPackage): boolean {
  return keyPackage.extensions.some(({ type }) => type === EXTENSION.lastResort);
}

/** Returns the time of expiry in milliseconds since 1970 (at most the maximum of a Date). */
export function expiresAt(keyPackage: KeyPackage): number {
  const { source } = keyPackage.leafNode;
  if (source.kind !== "key_package") return 0;
  return Math.min(Number(source.lifetime.notAfter) * 1000, 8.64e15);
}

function checkLifetime({ notBefore, notAfter }: Lifetime, now: number): void {
  const seconds = BigInt(Math.floor(now / 1000));
  // No margin for a device whose clock is ahead: members refuse by their own clocks a key package
  // whose lifetime has not begun, so clients backdate it (section 7.2).
  if (notBefore > seconds) {
    throw malformed("lifetime.not_before", `${notBefore} is in the future`);
  }
  if (notAfter <= seconds) throw malformed("lifetime.not_after", `${notAfter} is past`);
  if (notAfter - notBefore > MAX_LIFETIME_SECONDS) {
    const reason = `it is more than ${MAX_LIFETIME_SECONDS} seconds after not_before`;
    throw malformed("lifetime.not_after", reason);
  }
}
