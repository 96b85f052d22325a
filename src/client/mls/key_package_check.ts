import type { CiphersuiteImpl, ClientState, KeyPackage, RatchetTree } from "ts-mls";
import { extensionsSupportedByCapabilities } from "ts-mls/extension.js";
import { verifyKeyPackage } from "ts-mls/keyPackage.js";
import { verifyLeafNodeSignatureKeyPackage } from "ts-mls/leafNode.js";
import { x25519Name } from "../../core/x25519.ts";
import { toBase64Url } from "./encoding.ts";
import { checkHpkeKey } from "./hpke_key.ts";
import { cipherSuite, readCredential } from "./suite.ts";
import { decodeKeyPackage } from "./wire.ts";

/** A device that a Commit would have added, but whose key package cannot be used. */
export interface LeftOutDevice {
  userId: string;
  deviceId: string;
  /** A text for people. */
  reason: string;
}

type Group = Pick<ClientState, "groupContext" | "ratchetTree" | "clientConfig">;

/** A device to be added, with its key package. */
export interface NewDevice {
  userId: string;
  deviceId: string;
  /** As the server handed it out. */
  keyPackage: string;
}

/**
 * Separates the devices that can be added to the group from those that cannot, so that one bad
 * device keeps no other out. Each key package is checked alone and before ts-mls sees it: ts-mls
 * 1.6.4 checks all of a Commit at the same time, and leaves a rejection unhandled if another one is
 * rejected too, which ends a process of Deno or Node.
 */
export async function usableDevices(
  group: Group,
  devices: NewDevice[],
): Promise<{ usable: NewDevice[]; leftOut: LeftOutDevice[] }> {
  const suite = await cipherSuite();
  const taken = takenNames(group.ratchetTree);
  const usable: NewDevice[] = [];
  const leftOut: LeftOutDevice[] = [];
  for (const device of devices) {
    const { userId, deviceId } = device;
    try {
      const keyPackage = decodeKeyPackage(device.keyPackage);
      checkOwner(keyPackage, device);
      checkLifetime(keyPackage);
      await checkKeyPackage(keyPackage, group, suite);
      takeNames(keyPackage, taken);
      usable.push(device);
    } catch (error) {
      leftOut.push({ userId, deviceId, reason: (error as Error).message });
    }
  }
  return { usable, leftOut };
}

/**
 * RFC 9420, section 10.1: throws unless it can be added to the group, at any time of its lifetime.
 */
export async function checkKeyPackage(
  keyPackage: KeyPackage,
  { groupContext, clientConfig }: Group,
  suite: CiphersuiteImpl,
): Promise<void> {
  const { leafNode, initKey, version, cipherSuite: name } = keyPackage;
  const { credential, capabilities, signaturePublicKey, hpkePublicKey } = leafNode;
  if (version !== groupContext.version || name !== suite.name) {
    throw new Error("it is for another cipher suite or version");
  }
  checkHpkeKey(initKey, "its init key");
  checkHpkeKey(hpkePublicKey, "its encryption key");
  if (x25519Name(initKey) === x25519Name(hpkePublicKey)) throw new Error("both its keys are one");
  if (!capabilities.credentials.includes("basic")) {
    throw new Error("it cannot read our credentials");
  }
  const supported = extensionsSupportedByCapabilities(groupContext.extensions, capabilities) &&
    extensionsSupportedByCapabilities(leafNode.extensions, capabilities);
  if (!supported) throw new Error("it does not support an extension that is used");
  if (!await verifyLeafNodeSignatureKeyPackage(leafNode, suite.signature)) {
    throw new Error("the signature of its leaf does not verify");
  }
  if (!await verifyKeyPackage(keyPackage, suite.signature)) {
    throw new Error("its signature does not verify");
  }
  const { authService } = clientConfig;
  if (!await authService.validateCredential(credential, signaturePublicKey)) {
    throw new Error("its credential is not trusted");
  }
}

function checkOwner({ leafNode }: KeyPackage, { userId, deviceId }: NewDevice): void {
  const identity = readCredential(leafNode.credential);
  if (identity?.userId === userId && identity.deviceId === deviceId) return;
  throw new Error("it is another device's");
}

/** Uses the platform's clock, like ts-mls. */
function checkLifetime({ leafNode: { lifetime } }: KeyPackage): void {
  const now = BigInt(Math.floor(Date.now() / 1000));
  if (lifetime.notBefore > now) throw new Error("its lifetime has not begun");
  if (lifetime.notAfter <= now) throw new Error("its lifetime has ended");
}

/** Returns devices and keys of the tree: none of them may occur twice (section 7.3). */
function takenNames(tree: RatchetTree): Set<string> {
  const taken = new Set<string>();
  for (const node of tree) {
    if (node?.nodeType === "parent") taken.add(`key ${x25519Name(node.parent.hpkePublicKey)}`);
    if (node?.nodeType === "leaf") { for (const name of namesOf(node.leaf)) taken.add(name); }
  }
  return taken;
}

function takeNames({ leafNode }: KeyPackage, taken: Set<string>): void {
  const names = namesOf(leafNode);
  if (names.some((name) => taken.has(name))) {
    throw new Error("the device, or one of its keys, is in the group already");
  }
  for (const name of names) taken.add(name);
}

function namesOf(
  leaf: Pick<KeyPackage["leafNode"], "credential" | "hpkePublicKey" | "signaturePublicKey">,
): string[] {
  return [
    `key ${x25519Name(leaf.hpkePublicKey)}`,
    `signature ${toBase64Url(leaf.signaturePublicKey)}`,
    `device ${readCredential(leaf.credential)?.deviceId}`,
  ];
}
