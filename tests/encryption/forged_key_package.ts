import type { KeyPackage, LeafNode } from "ts-mls";
import { signKeyPackage } from "ts-mls/keyPackage.js";
import { signLeafNodeKeyPackage } from "ts-mls/leafNode.js";
import { ownBytes } from "../../src/client/mls/encoding.ts";
import { makeKeyPackage } from "../../src/client/mls/key_packages.ts";
import { cipherSuite } from "../../src/client/mls/suite.ts";
import { encodeWire } from "../../src/client/mls/wire.ts";
import { newId } from "../../src/core/ids.ts";

export interface KeyPackageForgery {
  owner?: { userId: string; deviceId: string };
  /** Generated unless given. */
  signature?: { publicKey: Uint8Array; signKey: Uint8Array };
  leaf?: Partial<LeafNode>;
  /** Fields of the key package, changed before it is signed. */
  fields?: Partial<KeyPackage>;
  isLastResort?: boolean;
}

/** A key package with the forgery in it, and with signatures that are right for it. */
export async function forgeKeyPackage(forgery: KeyPackageForgery = {}): Promise<string> {
  const suite = await cipherSuite();
  const { owner = { userId: newId(), deviceId: newId() }, leaf, fields } = forgery;
  const made = forgery.signature ?? await suite.signature.keygen();
  const signature = { publicKey: ownBytes(made.publicKey), signKey: ownBytes(made.signKey) };
  const { isLastResort = false } = forgery;
  const { keyPackage } = await makeKeyPackage({ ...owner, signature }, isLastResort, Date.now());
  const leafNode = await signLeafNodeKeyPackage(
    { ...keyPackage.leafNode, ...leaf } as typeof keyPackage.leafNode,
    signature.signKey,
    suite.signature,
  );
  const changed = { ...keyPackage, leafNode, ...fields };
  const signed = await signKeyPackage(changed, signature.signKey, suite.signature);
  return encodeWire({ wireformat: "mls_key_package", keyPackage: signed });
}
