import type {
  ClientState,
  GroupContext,
  GroupInfo,
  LeafNode,
  Proposal,
  RatchetTree,
  UpdatePath,
} from "ts-mls";
import { nextEpochContext } from "ts-mls/clientState.js";
import { createGroupInfoWithRatchetTree } from "ts-mls/createCommit.js";
import { createContentCommitSignature } from "ts-mls/framedContent.js";
import { ratchetTreeFromExtension } from "ts-mls/groupInfo.js";
import { signLeafNodeCommit } from "ts-mls/leafNode.js";
import { protectPublicMessage } from "ts-mls/messageProtectionPublic.js";
import { addLeafNode, removeLeafNode } from "ts-mls/ratchetTree.js";
import { treeHashRoot } from "ts-mls/treeHash.js";
import { createUpdatePath } from "ts-mls/updatePath.js";
import { readRecord } from "../../src/client/mls/group_record.ts";
import { makeKeyPackage } from "../../src/client/mls/key_packages.ts";
import type { KeyStore } from "../../src/client/mls/key_store.ts";
import { unpackParts } from "../../src/client/mls/encoding.ts";
import type { StagedCommit } from "../../src/client/mls/staged_commit.ts";
import { cipherSuite, clientConfig } from "../../src/client/mls/suite.ts";
import { encodeWire } from "../../src/client/mls/wire.ts";
import { concat } from "../../src/core/bytes.ts";

/** A device that can sign for a group, with its knowledge of the group. */
export interface Forger {
  tree: RatchetTree;
  context: GroupContext;
  confirmationTag: Uint8Array;
  leafIndex: number;
  signKey: Uint8Array;
  membershipKey: Uint8Array;
  isExternal: boolean;
}

/** Deliberate faults of a device: everything around them is correct and signed. */
export interface Forgery {
  /** In the order in which they are sent. */
  proposals?: Proposal[];
  /** Sends no path, which only Commits that add members may omit. */
  withoutPath?: boolean;
  /** Changes the path's leaf before it is signed. */
  leaf?: (leaf: LeafNode) => Partial<LeafNode>;
  /** Signs the path's leaf instead of the member's key. */
  leafSignKey?: Uint8Array;
  /** Changes the path's leaf after it was signed. */
  signedLeaf?: (leaf: LeafNode) => Partial<LeafNode>;
  nodes?: (nodes: UpdatePath["nodes"]) => UpdatePath["nodes"];
  /** The tree of the GroupInfo, if it differs from the result of the Commit. */
  infoTree?: (tree: RatchetTree) => RatchetTree;
  infoContext?: (context: GroupContext) => Partial<GroupContext>;
  /** Signs the Commit instead of the member's key; everything inside it stays right. */
  commitSignKey?: Uint8Array;
  /** The confirmation tag of the Commit, and of its GroupInfo. */
  tag?: Uint8Array;
  /** The confirmation tag of the GroupInfo, if it differs from that of the Commit. */
  infoTag?: Uint8Array;
  /** The leaf that the Commit names as its sender. */
  senderIndex?: number;
  /** The leaf that the GroupInfo names as its signer. */
  infoSigner?: number;
  infoSignKey?: Uint8Array;
  externalPub?: Uint8Array;
}

const WIRE = "mls_public_message";

/** Returns a member from its key store. */
export async function memberOf(store: KeyStore, chatId: string): Promise<Forger> {
  const stored = await readRecord(store, chatId, clientConfig(() => true));
  return ofState(stored!.record.state);
}

function ofState(state: ClientState): Forger {
  return {
    tree: state.ratchetTree,
    context: state.groupContext,
    confirmationTag: state.confirmationTag,
    leafIndex: state.privatePath.leafIndex,
    signKey: state.signaturePrivateKey,
    membershipKey: state.keySchedule.membershipKey,
    isExternal: false,
  };
}

/** Returns a device outside the group that joins by itself, and adds it to the tree. */
export async function joinerOf(
  store: KeyStore,
  device: { userId: string; deviceId: string },
  groupInfo: GroupInfo,
): Promise<Forger> {
  const [publicKey, signKey] = unpackParts((await store.read("device/signature"))!);
  const owner = { ...device, signature: { publicKey, signKey } };
  const { keyPackage } = await makeKeyPackage(owner, false, Date.now());
  const [tree, node] = addLeafNode(ratchetTreeFromExtension(groupInfo)!, keyPackage.leafNode);
  return {
    tree,
    context: groupInfo.groupContext,
    confirmationTag: groupInfo.confirmationTag,
    leafIndex: node / 2,
    signKey,
    membershipKey: new Uint8Array(32),
    isExternal: true,
  };
}

/** Returns a Commit with the forgery, and with matching signatures and hashes. */
export async function forgeCommit(forger: Forger, forgery: Forgery = {}): Promise<StagedCommit> {
  const suite = await cipherSuite();
  const { leafIndex, signKey, context } = forger;
  const { proposals = [] } = forgery;
  const { tree, path } = await withPath(forger, forgery);
  const { signature, framedContent } = await createContentCommitSignature(
    context,
    WIRE,
    {
      proposals: proposals.map((proposal) => ({ proposalOrRefType: "proposal", proposal })),
      path,
    },
    forger.isExternal
      ? { senderType: "new_member_commit" }
      : { senderType: "member", leafIndex: forgery.senderIndex ?? leafIndex },
    new Uint8Array(),
    forgery.commitSignKey ?? signKey,
    suite.signature,
  );
  const infoTree = forgery.infoTree?.(tree.slice()) ?? tree;
  const after = await nextEpochContext(
    context,
    WIRE,
    framedContent,
    signature,
    await treeHashRoot(infoTree, suite.hash),
    forger.confirmationTag,
    suite.hash,
  );
  // Only members know the correct value.
  const confirmationTag = forgery.tag ?? crypto.getRandomValues(new Uint8Array(32));
  const publicMessage = await protectPublicMessage(forger.membershipKey, context, {
    content: framedContent,
    auth: { signature, confirmationTag, contentType: "commit" },
    wireformat: WIRE,
  }, suite);
  const externalPub = forgery.externalPub ?? await newPublicKey();
  const groupInfo = await createGroupInfoWithRatchetTree(
    { ...after, ...forgery.infoContext?.(after) },
    forgery.infoTag ?? confirmationTag,
    {
      privatePath: { leafIndex: forgery.infoSigner ?? leafIndex },
      signaturePrivateKey: forgery.infoSignKey ?? signKey,
    } as ClientState,
    infoTree,
    [{
      extensionType: "external_pub",
      extensionData: concat(Uint8Array.of(externalPub.length), externalPub),
    }],
    suite,
  );
  return {
    epoch: Number(context.epoch),
    commit: encodeWire({ wireformat: WIRE, publicMessage }),
    groupInfo: encodeWire({ wireformat: "mls_group_info", groupInfo }),
  };
}

/** Returns the tree after the proposals and the forged path. */
async function withPath(
  forger: Forger,
  forgery: Forgery,
): Promise<{ tree: RatchetTree; path: UpdatePath | undefined }> {
  const { leafIndex, signKey, context } = forger;
  const suite = await cipherSuite();
  const [applied, added] = apply(forger, forgery.proposals ?? []);
  if (forgery.withoutPath) return { tree: applied, path: undefined };
  const [tree, made] = await createUpdatePath(
    applied,
    leafIndex as never,
    context,
    signKey,
    suite,
    added as never,
  );
  const nodes = forgery.nodes?.(made.nodes) ?? made.nodes;
  const changed = { ...made.leafNode, ...forgery.leaf?.(made.leafNode) };
  const signed = await signLeafNodeCommit(
    { ...changed, groupId: context.groupId, leafIndex } as never,
    forgery.leafSignKey ?? signKey,
    suite.signature,
  );
  const leafNode = { ...signed, ...forgery.signedLeaf?.(signed) } as UpdatePath["leafNode"];
  tree[2 * leafIndex] = { nodeType: "leaf", leaf: leafNode };
  return { tree, path: { leafNode, nodes } };
}

function apply({ tree, leafIndex }: Forger, proposals: Proposal[]): [RatchetTree, number[]] {
  const added: number[] = [];
  let after = tree;
  for (const proposal of proposals) {
    if (proposal.proposalType !== "remove" || proposal.remove.removed === leafIndex) continue;
    // For a missing leaf, ts-mls never returns.
    if (after[2 * proposal.remove.removed] === undefined) continue;
    after = removeLeafNode(after, proposal.remove.removed as never);
  }
  for (const proposal of proposals) {
    if (proposal.proposalType !== "add") continue;
    const [next, node] = addLeafNode(after, proposal.add.keyPackage.leafNode);
    after = next;
    added.push(node);
  }
  return [after, added];
}

async function newPublicKey(): Promise<Uint8Array> {
  const { hpke } = await cipherSuite();
  const { publicKey } = await hpke.generateKeyPair();
  return await hpke.exportPublicKey(publicKey);
}
