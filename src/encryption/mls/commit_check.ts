import type { Bytes } from "../../core/bytes.ts";
import { type Pause, timeSlices } from "../../core/work_budget.ts";
import { applyCommit, compareTrees } from "./apply_commit.ts";
import { checkSignature, checkTranscript, creationContext } from "./commit_signature.ts";
import { checkExtensions, checkSupported } from "./group_extensions.ts";
import { checkGroupInfo, type GroupInfo } from "./group_info.ts";
import { checkHpkeKey } from "./hpke_key.ts";
import { checkKeyPackageItself, checkNewLeaf } from "./key_package.ts";
import { sameBytes } from "./labelled_crypto.ts";
import { checkCapabilities, type LeafNode, verifyLeafNode } from "./leaf_node.ts";
import type { PublicMessage } from "./mls_message.ts";
import type { Proposal } from "./proposal.ts";
import { PublicTree } from "./public_tree.ts";
import { type RatchetTree, type RosterEntry, rosterOf } from "./ratchet_tree.ts";
import { malformed } from "./tls_reader.ts";

/**
 * Changes that a Commit makes to a group, to be compared with its sender and the sender's claims.
 */
export interface CommitEffect {
  committer: RosterEntry;
  /**
   * True for a device that joins by itself (RFC 9420, section 12.4.3.2), false for a member who
   * commits.
   */
  external: boolean;
  /** Devices that the Commit puts into the roster, including an external committer. */
  added: RosterEntry[];
  /** Devices that the Commit removes from the roster. */
  removed: RosterEntry[];
  roster: RosterEntry[];
  /**
   * Key packages of the devices added by an Add, which the Welcome must name. Bare KeyPackages, as
   * sent.
   */
  addedKeyPackages: Bytes[];
}

/**
 * Checks a Commit and the GroupInfo after it against the GroupInfo before it, as far as is possible
 * without a secret of the group: both signatures, the transcript hash, every node of the resulting
 * tree (RFC 9420, section 12.4.2), its keys and its hash. Not checked is what only members can
 * check: the two tags, and the secrets in the path.
 *
 * Commits must be PublicMessages with all proposals inside. The server knows the members anyway, so
 * hiding them would gain nothing; and a Commit that adds or removes other devices than claimed, or
 * that no member can apply, never enters the order. A proposal by reference would have to be
 * delivered to all members first, and a bad one would block every Commit after it. External Commits
 * are public by the RFC.
 *
 * A Commit of a thousand members takes a tenth of a second or more, so it is checked in slices.
 *
 * @param before undefined for the first Commit of a group: then `after` must be for epoch 1, and
 * because the previous state is unknown, its members count as added. Its transcript hash begins
 * with a tag that only its creator knows, and is not checked.
 */
export async function checkCommit(
  message: PublicMessage,
  after: GroupInfo,
  before: GroupInfo | undefined,
  now: number,
): Promise<CommitEffect> {
  const pause = timeSlices();
  checkHeaders(message, after, before);
  const proposals = inlineProposals(message);
  const start = before ? before.tree : await creation(message, after, now);
  if (before) await checkSignature(message, before.context.encoded, signerKey(message, before));
  await checkGroupInfo(after);
  await checkAdds(proposals, now, pause);
  const { tree, committerIndex } = await applyCommit(message, start, proposals, pause);
  checkSigner(after, committerIndex);
  await checkPathLeaf(message, after.context.groupId, committerIndex);
  await checkTree(tree, after, pause);
  checkTag(message, after);
  if (before) checkTranscript(message, before, after);
  return effectOf(message, before ? rosterOf(before.tree) : [], after, committerIndex, proposals);
}

function checkHeaders(message: PublicMessage, after: GroupInfo, before?: GroupInfo): void {
  const { context } = after;
  if (message.contentType !== "commit") {
    throw malformed("content_type", `${message.contentType} is not commit`);
  }
  if (message.chatId !== context.chatId || message.generation !== context.generation) {
    throw malformed("group_info.group_id", "it is not the commit's");
  }
  if (context.epoch !== message.epoch + 1n) {
    throw malformed("group_info.epoch", `${context.epoch} does not follow on ${message.epoch}`);
  }
  const expected = before?.context.epoch ?? 0n;
  if (message.epoch !== expected) throw malformed("epoch", `${message.epoch} is not ${expected}`);
  checkExtensions(context, before?.context);
}

function inlineProposals(message: PublicMessage): Proposal[] {
  const { content, sender } = message;
  if (content.kind !== "commit") return [];
  const proposals = content.commit.proposals.map((each) => {
    if (each.kind === "proposal") return each.proposal;
    throw malformed("commit.proposals", "a proposal by reference is not allowed here");
  });
  const allowed = sender.kind === "member" ? ["add", "remove"] : ["external_init", "remove"];
  const other = proposals.find(({ kind }) => !allowed.includes(kind));
  if (other) throw malformed("commit.proposals", `${other.kind} is not allowed here`);
  const changesPath = proposals.length === 0 || proposals.some(({ kind }) => kind !== "add");
  if (changesPath && !content.commit.path) throw malformed("commit.path", "it is missing");
  return proposals;
}

async function checkAdds(proposals: Proposal[], now: number, pause: Pause): Promise<void> {
  for (const proposal of proposals) {
    if (proposal.kind === "add") await checkKeyPackageItself(proposal.keyPackage, now);
    await pause();
  }
}

function checkSigner(after: GroupInfo, committerIndex: number): void {
  if (after.signer !== committerIndex) {
    throw malformed("group_info.signer", `${after.signer} is not the committer`);
  }
}

async function checkPathLeaf(
  message: PublicMessage,
  groupId: Bytes,
  leafIndex: number,
): Promise<void> {
  const leaf = pathLeaf(message);
  if (!leaf) return;
  if (leaf.source.kind !== "commit") {
    throw malformed("commit.path.leaf_node_source", `${leaf.source.kind} is not commit`);
  }
  checkHpkeKey(leaf.encryptionKey, "commit.path.leaf_node.encryption_key");
  checkCapabilities(leaf, "commit.path.capabilities");
  if (!await verifyLeafNode(leaf, { groupId, leafIndex })) {
    throw malformed("commit.path.signature", "it does not verify");
  }
}

/**
 * Requires that the tree of the GroupInfo is valid and is the tree that results from the Commit.
 */
async function checkTree(tree: PublicTree, after: GroupInfo, pause: Pause): Promise<void> {
  const nodes = tree.toTree();
  compareTrees(nodes, after.tree);
  if (!sameBytes(after.context.treeHash, await tree.hash(pause))) {
    throw malformed("group_context.tree_hash", "it is not that of the ratchet tree");
  }
  await tree.checkUniqueKeys(pause);
  await checkSupported(after.context, nodes, pause);
}

function checkTag({ confirmationTag }: PublicMessage, after: GroupInfo): void {
  if (!sameBytes(confirmationTag!, after.confirmationTag)) {
    throw malformed("group_info.confirmation_tag", "it is not the commit's");
  }
}

/**
 * Returns the key that signed: a member's key before the Commit, or a new device's key in its path.
 */
function signerKey(message: PublicMessage, before: GroupInfo): Bytes {
  const { sender } = message;
  const leaf = sender.kind === "member" ? before.tree.leaves[sender.leafIndex] : pathLeaf(message);
  if (!leaf) throw malformed("sender.leaf_index", "there is no such leaf");
  return leaf.signatureKey;
}

function pathLeaf({ content }: PublicMessage): LeafNode | undefined {
  return content.kind === "commit" ? content.commit.path?.leafNode : undefined;
}

/**
 * Returns the tree of epoch 0: one leaf, the creator's, which only the creator has seen. If the
 * Commit has no path, that leaf is still in the tree, and the GroupContext that the creator signed
 * at epoch 0 follows from it.
 */
async function creation(
  message: PublicMessage,
  after: GroupInfo,
  now: number,
): Promise<RatchetTree> {
  if (message.sender.kind !== "member" || message.sender.leafIndex !== 0) {
    throw malformed("sender", "the first commit of a group is its creator's, at leaf 0");
  }
  const renewed = pathLeaf(message);
  // The key that the path replaces is unknown, so it counts as absent.
  if (renewed) return { leaves: [{ ...renewed, encryptionKey: new Uint8Array() }], parents: [] };
  const creator = after.tree.leaves[0];
  if (!creator) throw malformed("group_info.ratchet_tree", "the creator's leaf is missing");
  await checkNewLeaf(creator, now);
  const tree = { leaves: [creator], parents: [] };
  const context = await creationContext(after.context, new PublicTree(tree));
  await checkSignature(message, context, creator.signatureKey);
  return tree;
}

function effectOf(
  message: PublicMessage,
  before: RosterEntry[],
  after: GroupInfo,
  committerIndex: number,
  proposals: Proposal[],
): CommitEffect {
  const roster = rosterOf(after.tree);
  return {
    committer: roster.find(({ leafIndex }) => leafIndex === committerIndex)!,
    external: message.sender.kind === "new_member_commit",
    added: without(roster, before),
    removed: without(before, roster),
    roster,
    addedKeyPackages: proposals.flatMap((each) => {
      return each.kind === "add" ? [each.keyPackage.encoded] : [];
    }),
  };
}

/** Returns the devices in `a` that are not in `b`. */
function without(a: RosterEntry[], b: RosterEntry[]): RosterEntry[] {
  const there = new Set(b.map(({ deviceId }) => deviceId));
  return a.filter(({ deviceId }) => !there.has(deviceId));
}
