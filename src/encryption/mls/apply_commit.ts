import type { Pause } from "../../core/work_budget.ts";
import { x25519Name } from "../../core/x25519.ts";
import type { UpdatePath } from "./commit.ts";
import { checkHpkeKey } from "./hpke_key.ts";
import { sameBytes } from "./labelled_crypto.ts";
import type { LeafNode } from "./leaf_node.ts";
import type { PublicMessage } from "./mls_message.ts";
import type { Proposal } from "./proposal.ts";
import { PublicTree } from "./public_tree.ts";
import type { RatchetTree } from "./ratchet_tree.ts";
import { malformed } from "./tls_reader.ts";

export interface AppliedCommit {
  tree: PublicTree;
  committerIndex: number;
}

/**
 * Returns the tree after a Commit (RFC 9420, sections 12.3 and 12.4.2): removes first, then adds,
 * then the committer's path. Throws `invalid_request` if a proposal or the committer names a leaf
 * that does not exist or is not theirs, or if the path does not fit this tree.
 */
export async function applyCommit(
  message: PublicMessage,
  before: RatchetTree,
  proposals: Proposal[],
  pause: Pause,
): Promise<AppliedCommit> {
  const { sender, content } = message;
  const path = content.kind === "commit" ? content.commit.path : undefined;
  if (sender.kind === "new_member_commit") checkExternal(before, proposals, path!.leafNode);
  const tree = new PublicTree(before);
  for (const proposal of proposals) {
    if (proposal.kind === "remove") removeLeaf(tree, proposal.leafIndex, sender);
    await pause();
  }
  const added = new Set<number>();
  for (const proposal of proposals) {
    if (proposal.kind === "add") added.add(tree.add(proposal.keyPackage.leafNode));
    await pause();
  }
  const committerIndex = committerOf(tree, message, path);
  if (path) applyPath(tree, committerIndex, path, added);
  return { tree, committerIndex };
}

/** Throws `invalid_request` unless both trees have the same nodes, byte by byte. */
export function compareTrees(expected: RatchetTree, actual: RatchetTree): void {
  compareNodes("leaf", expected.leaves, actual.leaves);
  compareNodes("parent", expected.parents, actual.parents);
}

type Nodes = (Pick<LeafNode, "encoded"> | undefined)[];

/** Ignores blank nodes at the end. */
function compareNodes(kind: string, expected: Nodes, actual: Nodes): void {
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    const [a, b] = [expected[i]?.encoded, actual[i]?.encoded];
    if (a === undefined && b === undefined) continue;
    if (a === undefined || b === undefined || !sameBytes(a, b)) {
      throw malformed(
        "group_info.ratchet_tree",
        `${kind} ${i} differs from the result of the commit`,
      );
    }
  }
}

function committerOf(tree: PublicTree, { sender }: PublicMessage, path?: UpdatePath): number {
  if (sender.kind === "new_member_commit") return tree.add(path!.leafNode);
  if (sender.kind !== "member") {
    throw malformed("sender.sender_type", `${sender.kind} cannot commit`);
  }
  const old = tree.leaf(sender.leafIndex);
  if (!old) throw malformed("sender.leaf_index", `there is no leaf ${sender.leafIndex}`);
  if (path) checkRenewal(old, path.leafNode);
  return sender.leafIndex;
}

/**
 * A member may only renew its encryption key: another identity or signature key would be another
 * device.
 */
function checkRenewal(old: LeafNode, renewed: LeafNode): void {
  const same = sameBytes(old.identity, renewed.identity) &&
    sameBytes(old.signatureKey, renewed.signatureKey);
  if (!same) {
    throw malformed("commit.path.leaf_node", "it is for another device than the committer's");
  }
  if (x25519Name(old.encryptionKey) === x25519Name(renewed.encryptionKey)) {
    throw malformed("commit.path.leaf_node.encryption_key", "it is unchanged");
  }
}

/**
 * Section 12.4.2: no key of the path may already be in the tree, not even in a node that it
 * replaces.
 */
function applyPath(
  tree: PublicTree,
  index: number,
  { leafNode, nodes }: UpdatePath,
  added: ReadonlySet<number>,
): void {
  const existing = tree.keyNames();
  for (const { encryptionKey } of nodes) {
    checkHpkeKey(encryptionKey, "update_path_node.encryption_key");
    if (existing.has(x25519Name(encryptionKey))) {
      throw malformed("update_path_node.encryption_key", "it is in the tree already");
    }
  }
  tree.applyPath(index, leafNode, nodes, added);
}

function removeLeaf(tree: PublicTree, index: number, sender: PublicMessage["sender"]): void {
  if (!tree.leaf(index)) throw malformed("remove.removed", `there is no leaf ${index}`);
  if (sender.kind === "member" && sender.leafIndex === index) {
    throw malformed("remove.removed", "a committer cannot remove itself");
  }
  tree.remove(index);
}

/**
 * Section 12.4.3.2: exactly one ExternalInit, and at most one Remove, of the joiner's own former
 * leaf.
 */
function checkExternal(before: RatchetTree, proposals: Proposal[], joiner: LeafNode): void {
  const removes = proposals.filter((each) => each.kind === "remove");
  if (proposals.length - removes.length !== 1) {
    throw malformed("commit.proposals", "an external commit has one external_init");
  }
  if (removes.length > 1) throw malformed("commit.proposals", "it removes more than one leaf");
  for (const { leafIndex } of removes) {
    const former = before.leaves[leafIndex];
    if (!former) throw malformed("remove.removed", `there is no leaf ${leafIndex}`);
    if (!sameBytes(former.identity, joiner.identity)) {
      throw malformed("remove.removed", "an external commit removes only the joiner's own leaf");
    }
  }
}
