import { type Bytes, concat } from "../../core/bytes.ts";
import { applyToLeaves, checkLeaves } from "./commit_leaves.ts";
import { checkGroupInfo, type GroupContext, type GroupInfo } from "./group_info.ts";
import { checkKeyPackageItself } from "./key_package.ts";
import { sameBytes, sha256, verifyWithLabel } from "./labelled_crypto.ts";
import { checkCapabilities, EXTENSION, verifyLeafNode } from "./leaf_node.ts";
import type { PublicMessage } from "./mls_message.ts";
import type { Proposal } from "./proposal.ts";
import { type RosterEntry, rosterOf } from "./ratchet_tree.ts";
import { malformed } from "./tls_reader.ts";
import { opaque, uint16 } from "./tls_writer.ts";
import { WIRE_FORMAT } from "./wire_format.ts";

/** What a Commit does to a group: to be held against who sent it and what they said it does. */
export interface CommitEffect {
  committer: RosterEntry;
  /** A device that joins by itself (RFC 9420, section 12.4.3.2), not a member who commits. */
  external: boolean;
  /** Devices that were not in the roster and are now; an external committer is one of them. */
  added: RosterEntry[];
  /** Devices that were in the roster and are no more. */
  removed: RosterEntry[];
  roster: RosterEntry[];
  /** Of each device that was added by an Add: who must be in the Welcome. Bare, as they were sent. */
  addedKeyPackages: Bytes[];
}

/**
 * Holds a Commit and the GroupInfo after it to the GroupInfo before it, as far as anyone can who has
 * no secret of the group: both signatures, the transcript hash, the leaves one by one, and the tree
 * hash. Unchecked is what only members can: the two tags, and the secrets in the path.
 *
 * Why Commits come as PublicMessage only, and with all proposals inside: the server knows the
 * members anyway, so that hiding them from it would gain nothing, and this way a Commit which adds or
 * removes others than it says, or that no member could apply, never enters the order. A proposal
 * by reference would have to be delivered to everyone first, and one that is bad would then hold up
 * every Commit after it. External Commits are public by the RFC.
 *
 * @param before undefined for the first Commit of a group: then `after` has to be for epoch 1, and
 * what came before is not known, so that its members count as added.
 */
export async function checkCommit(
  message: PublicMessage,
  after: GroupInfo,
  before: GroupInfo | undefined,
  now: number,
): Promise<CommitEffect> {
  checkHeaders(message, after, before);
  await checkGroupInfo(after);
  const proposals = inlineProposals(message);
  await checkAdds(proposals, now);
  if (before === undefined) return await firstCommit(message, after, proposals);
  const { leaves, committerIndex } = applyToLeaves(message, before.tree.leaves, proposals);
  checkSigner(after, committerIndex);
  checkLeaves(leaves, after.tree.leaves);
  await checkPathLeaf(message, before.context.groupId, committerIndex);
  const key = leaves[committerIndex]!.signatureKey;
  await checkSignature(message, before.context, signerKey(message, before) ?? key);
  await checkTranscript(message, before, after);
  return effectOf(message, rosterOf(before.tree), after, committerIndex, proposals);
}

function checkHeaders(message: PublicMessage, after: GroupInfo, before?: GroupInfo): void {
  const { context } = after;
  if (message.contentType !== "commit") {
    throw malformed("content_type", `${message.contentType} is not commit`);
  }
  if (message.chatId !== context.chatId) {
    throw malformed("group_info.group_id", "it is not the commit's");
  }
  if (context.epoch !== message.epoch + 1n) {
    throw malformed("group_info.epoch", `${context.epoch} does not follow on ${message.epoch}`);
  }
  const expected = before?.context.epoch ?? 0n;
  if (message.epoch !== expected) throw malformed("epoch", `${message.epoch} is not ${expected}`);
  checkExtensions(context, before?.context);
}

/** They never change, as no proposal for it is allowed; and nobody from outside may propose. */
function checkExtensions(after: GroupContext, before: GroupContext | undefined): void {
  const field = "group_context.extensions";
  if (after.extensions.some(({ type }) => type === EXTENSION.externalSenders)) {
    throw malformed(field, "external_senders is not allowed here");
  }
  if (!before) return;
  const same = after.extensions.length === before.extensions.length &&
    after.extensions.every(({ type, data }, i) => {
      return type === before.extensions[i].type && sameBytes(data, before.extensions[i].data);
    });
  if (!same) throw malformed(field, "they are not what they were");
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
  if (changesPath && !content.commit.pathLeaf) throw malformed("commit.path", "it is missing");
  return proposals;
}

async function checkAdds(proposals: Proposal[], now: number): Promise<void> {
  for (const proposal of proposals) {
    if (proposal.kind === "add") await checkKeyPackageItself(proposal.keyPackage, { now });
  }
}

function checkSigner(after: GroupInfo, committerIndex: number): void {
  if (after.signer !== committerIndex) {
    throw malformed("group_info.signer", `${after.signer} is not the committer`);
  }
}

async function checkPathLeaf(
  { content }: PublicMessage,
  groupId: Bytes,
  leafIndex: number,
): Promise<void> {
  const leaf = content.kind === "commit" ? content.commit.pathLeaf : undefined;
  if (!leaf) return;
  if (leaf.source.kind !== "commit") {
    throw malformed("commit.path.leaf_node_source", `${leaf.source.kind} is not commit`);
  }
  checkCapabilities(leaf, "commit.path.capabilities");
  if (!await verifyLeafNode(leaf, { groupId, leafIndex })) {
    throw malformed("commit.path.signature", "it does not verify");
  }
}

/** A member signs with the key it had before; whoever is new, with the one in its path. */
function signerKey({ sender }: PublicMessage, before: GroupInfo): Bytes | undefined {
  return sender.kind === "member" ? before.tree.leaves[sender.leafIndex]?.signatureKey : undefined;
}

/** FramedContentTBS (section 6.1): both senders allowed here sign the GroupContext, too. */
async function checkSignature(
  message: PublicMessage,
  context: GroupContext,
  key: Bytes,
): Promise<void> {
  const tbs = concat(
    uint16(1),
    uint16(WIRE_FORMAT.publicMessage),
    message.framedContent,
    context.encoded,
  );
  if (!await verifyWithLabel(key, "FramedContentTBS", tbs, message.signature)) {
    throw malformed("auth.signature", "it does not verify");
  }
}

/** Section 8.2: the confirmed hash after, from the interim hash before and this Commit. */
async function checkTranscript(
  message: PublicMessage,
  before: GroupInfo,
  after: GroupInfo,
): Promise<void> {
  const interim = await sha256(
    concat(before.context.confirmedTranscriptHash, opaque(before.confirmationTag)),
  );
  const input = concat(
    uint16(WIRE_FORMAT.publicMessage),
    message.framedContent,
    opaque(message.signature),
  );
  const confirmed = await sha256(concat(interim, input));
  if (!sameBytes(confirmed, after.context.confirmedTranscriptHash)) {
    throw malformed("group_context.confirmed_transcript_hash", "it does not follow");
  }
  if (!sameBytes(message.confirmationTag!, after.confirmationTag)) {
    throw malformed("group_info.confirmation_tag", "it is not the commit's");
  }
}

/** Epoch 0 is one leaf, the creator's, which nobody but the creator has seen. */
async function firstCommit(
  message: PublicMessage,
  after: GroupInfo,
  proposals: Proposal[],
): Promise<CommitEffect> {
  if (message.sender.kind !== "member" || message.sender.leafIndex !== 0) {
    throw malformed("sender", "the first commit of a group is its creator's, at leaf 0");
  }
  checkSigner(after, 0);
  const creator = after.tree.leaves[0]!;
  const { leaves } = applyToLeaves(message, [creator], proposals);
  checkLeaves(leaves, after.tree.leaves);
  await checkPathLeaf(message, after.context.groupId, 0);
  return effectOf(message, [], after, 0, proposals);
}

function effectOf(
  message: PublicMessage,
  before: RosterEntry[],
  after: GroupInfo,
  committerIndex: number,
  proposals: Proposal[],
): CommitEffect {
  const roster = rosterOf(after.tree);
  const isIn = (list: RosterEntry[]) => (entry: RosterEntry) =>
    list.some(({ deviceId }) => deviceId === entry.deviceId);
  return {
    committer: roster.find(({ leafIndex }) => leafIndex === committerIndex)!,
    external: message.sender.kind === "new_member_commit",
    added: roster.filter((entry) => !isIn(before)(entry)),
    removed: before.filter((entry) => !isIn(roster)(entry)),
    roster,
    addedKeyPackages: proposals.flatMap((each) => {
      return each.kind === "add" ? [each.keyPackage.encoded] : [];
    }),
  };
}
