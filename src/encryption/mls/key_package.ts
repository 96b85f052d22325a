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
  /** The bare KeyPackage as it was sent, and its KeyPackageTBS. */
  encoded: Bytes;
  toBeSigned: Bytes;
}

export interface KeyPackageOwner extends DeviceIdentity {
  signatureKey: Bytes;
}

export interface KeyPackageLimits {
  /** Milliseconds since 1970. */
  now: number;
  /** The longest `not_after - not_before`, in seconds. */
  maxLifetime?: number;
}

/** What OpenMLS gives by default is 84 days and an hour of margin; this leaves room for others. */
const MAX_LIFETIME_SECONDS = 400 * 24 * 3600;

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
 * Takes a bare KeyPackage and one that an MLSMessage wraps. Both begin with version 1; the next two
 * bytes are the cipher suite of the one (1) and the wire format of the other (5).
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
 * What the contract says of an uploaded key package, and all that RFC 9420, section 10.1, lets
 * anyone check who is in no group: so that no member ever gets one that cannot be used.
 */
export async function checkKeyPackage(
  keyPackage: KeyPackage,
  owner: KeyPackageOwner,
  limits: KeyPackageLimits,
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
  await checkKeyPackageItself(keyPackage, limits);
}

/** The same without an owner: for a key package inside an Add. */
export async function checkKeyPackageItself(
  keyPackage: KeyPackage,
  limits: KeyPackageLimits,
): Promise<void> {
  const { leafNode, initKey, toBeSigned, signature } = keyPackage;
  checkHpkeKey(initKey, "key_package.init_key");
  if (x25519Name(initKey) === x25519Name(leafNode.encryptionKey)) {
    throw malformed("key_package.init_key", "it is the encryption key of the leaf, too");
  }
  await checkNewLeaf(leafNode, limits);
  if (!await verifyWithLabel(leafNode.signatureKey, "KeyPackageTBS", toBeSigned, signature)) {
    throw malformed("key_package.signature", "it does not verify");
  }
}

/** A leaf as a key package has it, which has not committed yet. */
export async function checkNewLeaf(leaf: LeafNode, limits: KeyPackageLimits): Promise<void> {
  if (leaf.source.kind !== "key_package") {
    throw malformed("leaf_node.leaf_node_source", `${leaf.source.kind} is not key_package`);
  }
  checkHpkeKey(leaf.encryptionKey, "leaf_node.encryption_key");
  checkLifetime(leaf.source.lifetime, limits);
  checkCapabilities(leaf, "capabilities");
  // A leaf of a key package stands nowhere yet: its LeafNodeTBS holds no place.
  const nowhere = { groupId: new Uint8Array(), leafIndex: 0 };
  if (!await verifyLeafNode(leaf, nowhere)) {
    throw malformed("leaf_node.signature", "it does not verify");
  }
}

/** KeyPackageRef (RFC 9420, section 5.2): how a Welcome names it. 32 bytes. */
export function keyPackageRef(keyPackage: KeyPackage): Promise<Bytes> {
  return refHash("MLS 1.0 KeyPackage Reference", keyPackage.encoded);
}

/** A last-resort key package is handed out again and again, when there is no other. */
export function isLastResort(keyPackage: KeyPackage): boolean {
  return keyPackage.extensions.some(({ type }) => type === EXTENSION.lastResort);
}

/** When it stops being of use, in milliseconds since 1970 (at most what a Date can hold). */
export function expiresAt(keyPackage: KeyPackage): number {
  const { source } = keyPackage.leafNode;
  if (source.kind !== "key_package") return 0;
  return Math.min(Number(source.lifetime.notAfter) * 1000, 8.64e15);
}

function checkLifetime({ notBefore, notAfter }: Lifetime, limits: KeyPackageLimits): void {
  const now = BigInt(Math.floor(limits.now / 1000));
  const longest = BigInt(limits.maxLifetime ?? MAX_LIFETIME_SECONDS);
  // No margin for a device whose clock is ahead: members refuse what has not begun by their own
  // clocks, so a key package is dated back by its maker (section 7.2).
  if (notBefore > now) {
    throw malformed("lifetime.not_before", `${notBefore} is in the future`);
  }
  if (notAfter <= now) throw malformed("lifetime.not_after", `${notAfter} is past`);
  if (notAfter - notBefore > longest) {
    throw malformed("lifetime.not_after", `it is more than ${longest} seconds after not_before`);
  }
}
