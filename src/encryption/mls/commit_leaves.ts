import { sameBytes } from "./labelled_crypto.ts";
import type { LeafNode } from "./leaf_node.ts";
import type { PublicMessage } from "./mls_message.ts";
import type { Proposal } from "./proposal.ts";
import type { RatchetTree } from "./ratchet_tree.ts";
import { malformed } from "./tls_reader.ts";

/** The leaves of a ratchet tree from left to right; undefined where one is blank. */
type Leaves = RatchetTree["leaves"];

/**
 * What a Commit makes of the leaves (RFC 9420, sections 12.3 and 12.4.2): removes first, then adds,
 * each at the leftmost blank leaf, then the committer's own from the path. Throws `invalid_request`
 * where a proposal, or the committer, names a leaf that is not there or not theirs.
 */
export function applyToLeaves(
  message: PublicMessage,
  before: Leaves,
  proposals: Proposal[],
): { leaves: Leaves; committerIndex: number } {
  const { sender, content } = message;
  const leaves = [...before];
  for (const proposal of proposals) {
    if (proposal.kind === "remove") removeLeaf(leaves, proposal.leafIndex, sender);
  }
  for (const proposal of proposals) {
    if (proposal.kind === "add") addLeaf(leaves, proposal.keyPackage.leafNode);
  }
  const pathLeaf = content.kind === "commit" ? content.commit.pathLeaf : undefined;
  if (sender.kind === "member") {
    const old = leaves[sender.leafIndex];
    if (!old) throw malformed("sender.leaf_index", `there is no leaf ${sender.leafIndex}`);
    if (pathLeaf) leaves[sender.leafIndex] = sameDevice(old, pathLeaf);
    return { leaves, committerIndex: sender.leafIndex };
  }
  if (sender.kind !== "new_member_commit") {
    throw malformed("sender.sender_type", `${sender.kind} cannot commit`);
  }
  checkExternal(before, proposals, pathLeaf!);
  return { leaves, committerIndex: addLeaf(leaves, pathLeaf!) };
}

/** The leaves after, byte by byte; blank ones at the end do not count. */
export function checkLeaves(expected: Leaves, actual: Leaves): void {
  for (let i = 0; i < Math.max(expected.length, actual.length); i++) {
    const [a, b] = [expected[i]?.encoded, actual[i]?.encoded];
    if (a === undefined && b === undefined) continue;
    if (a === undefined || b === undefined || !sameBytes(a, b)) {
      throw malformed("group_info.ratchet_tree", `leaf ${i} is not what the commit makes it`);
    }
  }
}

/** A member renews its encryption key only: another identity or signature key is another device. */
function sameDevice(old: LeafNode, renewed: LeafNode): LeafNode {
  const same = sameBytes(old.identity, renewed.identity) &&
    sameBytes(old.signatureKey, renewed.signatureKey);
  if (same) return renewed;
  throw malformed("commit.path.leaf_node", "it is for another device than the committer's");
}

function removeLeaf(leaves: Leaves, index: number, sender: PublicMessage["sender"]): void {
  if (!leaves[index]) throw malformed("remove.removed", `there is no leaf ${index}`);
  if (sender.kind === "member" && sender.leafIndex === index) {
    throw malformed("remove.removed", "a committer cannot remove itself");
  }
  leaves[index] = undefined;
}

function addLeaf(leaves: Leaves, leaf: LeafNode): number {
  const blank = leaves.findIndex((each) => each === undefined);
  const index = blank === -1 ? leaves.length : blank;
  leaves[index] = leaf;
  return index;
}

/** Section 12.4.3.2: one ExternalInit, and at most one Remove, of the joiner's own former leaf. */
function checkExternal(before: Leaves, proposals: Proposal[], joiner: LeafNode): void {
  const removes = proposals.filter((each) => each.kind === "remove");
  if (proposals.length - removes.length !== 1) {
    throw malformed("commit.proposals", "an external commit has one external_init");
  }
  if (removes.length > 1) throw malformed("commit.proposals", "it removes more than one leaf");
  for (const { leafIndex } of removes) {
    if (!sameBytes(before[leafIndex]!.identity, joiner.identity)) {
      throw malformed("remove.removed", "an external commit removes only the joiner's own leaf");
    }
  }
}
