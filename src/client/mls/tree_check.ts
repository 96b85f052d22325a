import type { CiphersuiteImpl, ClientConfig, GroupInfo, LeafNode, RatchetTree } from "ts-mls";
import { ratchetTreeFromExtension, verifyGroupInfoSignature } from "ts-mls/groupInfo.js";
import { verifyLeafNodeSignature, verifyLeafNodeSignatureKeyPackage } from "ts-mls/leafNode.js";
import { calculateParentHash } from "ts-mls/parentHash.js";
import { resolution } from "ts-mls/ratchetTree.js";
import { treeHashRoot } from "ts-mls/treeHash.js";
import { leafWidth, left, type NodeIndex, right, root } from "ts-mls/treemath.js";
import { x25519Name } from "../../core/x25519.ts";
import { sameBytes, toBase64Url } from "./encoding.ts";
import { checkHpkeKey } from "./hpke_key.ts";
import { readCredential } from "./suite.ts";

/**
 * Checks of the ratchet tree that RFC 9420, section 12.4.3.1, requires of a new member.
 *
 * It is here because that of ts-mls 1.6.4 (`validateRatchetTree`) refuses valid trees: section 7.9
 * requires an unmerged leaf to be listed in every non-blank node *between* the leaf and the node
 * that lists it, and ts-mls requires equal lists in all nodes up to the root. So a device added
 * after a Commit has merged the root but not a node below could not join.
 */
export async function checkGroupInfo(
  groupInfo: GroupInfo,
  suite: CiphersuiteImpl,
  config: ClientConfig,
): Promise<RatchetTree> {
  const tree = ratchetTreeFromExtension(groupInfo);
  if (tree === undefined) throw new Error("its ratchet tree is missing");
  const { groupContext, signer } = groupInfo;
  if (groupContext.cipherSuite !== suite.name) throw new Error("it is for another cipher suite");
  const signerNode = tree[2 * signer];
  if (signerNode?.nodeType !== "leaf") throw new Error(`its signer ${signer} is not in the tree`);
  const key = signerNode.leaf.signaturePublicKey;
  if (!await verifyGroupInfoSignature(groupInfo, key, suite.signature)) {
    throw new Error("its signature does not verify");
  }
  checkStructure(tree);
  checkUniqueKeys(tree);
  await checkLeaves(tree, groupContext.groupId, suite, config);
  await checkParentHashes(tree, suite.hash);
  if (!sameBytes(groupContext.treeHash, await treeHashRoot(tree, suite.hash))) {
    throw new Error("its tree hash is not the tree's");
  }
  return tree;
}

function checkStructure(tree: RatchetTree): void {
  for (const [index, node] of tree.entries()) {
    if (node === undefined) continue;
    if ((node.nodeType === "leaf") !== (index % 2 === 0)) {
      throw new Error(`node ${index} is a ${node.nodeType}`);
    }
    if (node.nodeType === "parent") checkUnmerged(tree, index, node.parent.unmergedLeaves);
  }
}

/** Section 7.9: each is a leaf below, and all the non-blank nodes in between list it too. */
function checkUnmerged(tree: RatchetTree, top: number, unmerged: number[]): void {
  const sorted = unmerged.every((leaf, i) => i === 0 || unmerged[i - 1] < leaf);
  if (!sorted) throw new Error(`the unmerged leaves of node ${top} are not in order`);
  for (const leaf of unmerged) {
    const between = nodesBetween(2 * leaf, top);
    if (between === undefined || tree[2 * leaf] === undefined) {
      throw new Error(`the unmerged leaf ${leaf} of node ${top} is not below it`);
    }
    for (const index of between) {
      const node = tree[index];
      if (node?.nodeType === "parent" && !node.parent.unmergedLeaves.includes(leaf)) {
        throw new Error(`node ${index} does not list the unmerged leaf ${leaf}`);
      }
    }
  }
}

/**
 * Returns the node indices (appendix C) above a leaf and below `top`; undefined if the leaf is not
 * below `top`.
 */
function nodesBetween(leafNode: number, top: number): number[] | undefined {
  const between: number[] = [];
  let level = 0;
  for (let node = leafNode;;) {
    // The parent's index: with the bit of this level set, and that of the next one cleared.
    node = ((node | (1 << level)) & ~(1 << (level + 1))) >>> 0;
    level++;
    if (node === top) return between;
    if (level > 30) return undefined;
    between.push(node);
  }
}

/**
 * Section 7.9.2: each parent was set by a Commit from one of the leaves below it, whose chain of
 * parent hashes leads to it. Like `verifyParentHashes` of ts-mls, but computes each hash
 * once, and none for a leaf that never committed: with 200 members that took seconds.
 */
async function checkParentHashes(tree: RatchetTree, hash: CiphersuiteImpl["hash"]): Promise<void> {
  const top = root(leafWidth(tree.length));
  const followed = new Set<number>();
  const verified = new Set<number>();
  for (let leaf = 0; leaf < tree.length; leaf += 2) {
    for (let index = leaf; index !== top && !followed.has(index);) {
      const stored = parentHashOf(tree[index]);
      if (stored === undefined) break;
      followed.add(index);
      const [expected, parent] = await calculateParentHash(tree, index as NodeIndex, hash);
      if (parent === undefined || !sameBytes(expected, stored)) break;
      if (!coversAllBelow(tree, index, parent)) break;
      verified.add(parent);
      index = parent;
    }
  }
  for (const [index, node] of tree.entries()) {
    if (node?.nodeType === "parent" && !verified.has(index)) {
      throw new Error(`the parent hash of node ${index} does not verify`);
    }
  }
}

/**
 * True if on this side of `top` only its unmerged leaves are not below `index`, the node whose
 * parent hash is that of `top`: all others received its key, or it would not have been set so.
 * ts-mls does not check this.
 */
function coversAllBelow(tree: RatchetTree, index: number, top: number): boolean {
  const node = tree[top];
  if (node?.nodeType !== "parent") return false;
  const isBelow = (leaf: number) => (2 * leaf < top) === (index < top);
  const others = resolution(tree, (index < top ? left : right)(top as NodeIndex))
    .filter((each) => each !== index);
  const unmerged = node.parent.unmergedLeaves.filter(isBelow).map((leaf) => 2 * leaf);
  return others.length === unmerged.length && others.every((each) => unmerged.includes(each));
}

function parentHashOf(node: RatchetTree[number]): Uint8Array | undefined {
  if (node?.nodeType === "parent") return node.parent.parentHash;
  return node?.leaf.leafNodeSource === "commit" ? node.leaf.parentHash : undefined;
}

/** Section 7.3: no key and no device occurs twice, and each encryption key is usable. */
export function checkUniqueKeys(tree: RatchetTree): void {
  const seen = new Set<string>();
  const once = (kind: string, value: string) => {
    const name = `${kind} ${value}`;
    if (seen.has(name)) throw new Error(`a ${kind} is there twice`);
    seen.add(name);
  };
  const encryptionKey = (key: Uint8Array) => {
    checkHpkeKey(key, "an encryption key");
    once("encryption key", x25519Name(key));
  };
  for (const node of tree) {
    if (node === undefined) continue;
    if (node.nodeType === "parent") {
      encryptionKey(node.parent.hpkePublicKey);
      continue;
    }
    encryptionKey(node.leaf.hpkePublicKey);
    once("signature key", toBase64Url(node.leaf.signaturePublicKey));
    const identity = readCredential(node.leaf.credential);
    if (identity) once("device", identity.deviceId);
  }
}

async function checkLeaves(
  tree: RatchetTree,
  groupId: Uint8Array,
  suite: CiphersuiteImpl,
  config: ClientConfig,
): Promise<void> {
  for (let index = 0; index < tree.length; index += 2) {
    const node = tree[index];
    if (node?.nodeType !== "leaf") continue;
    if (!await isSigned(node.leaf, groupId, index / 2, suite)) {
      throw new Error(`the signature of leaf ${index / 2} does not verify`);
    }
    const { credential, signaturePublicKey, capabilities } = node.leaf;
    if (!await config.authService.validateCredential(credential, signaturePublicKey)) {
      throw new Error(`the credential of leaf ${index / 2} is not trusted`);
    }
    if (!capabilities.credentials.includes("basic")) {
      throw new Error(`leaf ${index / 2} cannot read our credentials`);
    }
  }
}

function isSigned(
  leaf: LeafNode,
  groupId: Uint8Array,
  leafIndex: number,
  suite: CiphersuiteImpl,
): Promise<boolean> {
  if (leaf.leafNodeSource === "key_package") {
    return verifyLeafNodeSignatureKeyPackage(leaf, suite.signature);
  }
  return verifyLeafNodeSignature(leaf, groupId, leafIndex, suite.signature);
}
