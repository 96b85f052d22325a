import type {
  CiphersuiteImpl,
  ClientConfig,
  ClientState,
  GroupInfo,
  KeyPackage,
  LeafIndex,
  PrivateKeyPackage,
  RatchetTree,
  Welcome,
} from "ts-mls";
import { verifyGroupInfoConfirmationTag } from "ts-mls/groupInfo.js";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { deriveKeySchedule } from "ts-mls/keySchedule.js";
import { pathToRoot } from "ts-mls/pathSecrets.js";
import { mergePrivateKeyPaths, toPrivateKeyPath } from "ts-mls/privateKeyPath.js";
import { findLeafIndex } from "ts-mls/ratchetTree.js";
import { createSecretTree } from "ts-mls/secretTree.js";
import { firstCommonAncestor } from "ts-mls/updatePath.js";
import { decryptGroupInfo, decryptGroupSecrets } from "ts-mls/welcome.js";
import { checkGroupInfo } from "./tree_check.ts";

/**
 * Joins by a Welcome (RFC 9420, section 12.4.3.1), as `joinGroup` of ts-mls does, but with this
 * client's check of the tree. A Welcome that needs a pre-shared key is refused: none is used here.
 */
export async function joinByWelcome(
  welcome: Welcome,
  keyPackage: KeyPackage,
  keys: PrivateKeyPackage,
  suite: CiphersuiteImpl,
  config: ClientConfig,
): Promise<ClientState> {
  const { groupInfo, joinerSecret, pathSecret } = await open(welcome, keyPackage, keys, suite);
  const tree = await checkGroupInfo(groupInfo, suite, config);
  const own = findLeafIndex(tree, keyPackage.leafNode);
  if (own === undefined) throw new Error("this device is not in its tree");
  const noPsk = new Uint8Array(suite.kdf.size);
  if (!await verifyGroupInfoConfirmationTag(groupInfo, joinerSecret, noPsk, suite)) {
    throw new Error("its confirmation tag does not verify");
  }
  const { groupContext, confirmationTag } = groupInfo;
  const [keySchedule, encryptionSecret] = await deriveKeySchedule(
    joinerSecret,
    noPsk,
    groupContext,
    suite.kdf,
  );
  return {
    groupContext,
    ratchetTree: tree,
    privatePath: await privatePath(tree, own, groupInfo.signer, keys, pathSecret, suite),
    signaturePrivateKey: keys.signaturePrivateKey,
    confirmationTag,
    unappliedProposals: {},
    keySchedule,
    secretTree: await createSecretTree((tree.length + 1) / 2, encryptionSecret, suite.kdf),
    historicalReceiverData: new Map(),
    groupActiveState: { kind: "active" },
    clientConfig: config,
  };
}

async function open(
  welcome: Welcome,
  keyPackage: KeyPackage,
  keys: PrivateKeyPackage,
  suite: CiphersuiteImpl,
): Promise<{ groupInfo: GroupInfo; joinerSecret: Uint8Array; pathSecret?: Uint8Array }> {
  if (welcome.cipherSuite !== suite.name) throw new Error("it is for another cipher suite");
  const ref = await makeKeyPackageRef(keyPackage, suite.hash);
  const initKey = await suite.hpke.importPrivateKey(keys.initPrivateKey);
  const secrets = await decryptGroupSecrets(initKey, ref, welcome, suite.hpke);
  if (secrets === undefined) throw new Error("its secrets cannot be read");
  if (secrets.psks.length > 0) throw new Error("it needs a pre-shared key");
  const noPsk = new Uint8Array(suite.kdf.size);
  const groupInfo = await decryptGroupInfo(welcome, secrets.joinerSecret, noPsk, suite);
  if (groupInfo === undefined) throw new Error("its GroupInfo cannot be read");
  return { groupInfo, joinerSecret: secrets.joinerSecret, pathSecret: secrets.pathSecret };
}

/**
 * Returns the leaf's own key, and those from the first ancestor that it shares with the committer.
 */
async function privatePath(
  tree: RatchetTree,
  own: LeafIndex,
  signer: number,
  keys: PrivateKeyPackage,
  pathSecret: Uint8Array | undefined,
  suite: CiphersuiteImpl,
): Promise<ClientState["privatePath"]> {
  const leaf = { leafIndex: own, privateKeys: { [2 * own]: keys.hpkePrivateKey } };
  if (pathSecret === undefined) return leaf;
  const ancestor = firstCommonAncestor(tree, own, signer as LeafIndex);
  const secrets = await pathToRoot(tree, ancestor, pathSecret, suite.kdf);
  return mergePrivateKeyPaths(await toPrivateKeyPath(secrets, own, suite), leaf);
}
