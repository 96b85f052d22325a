import {
  acceptAll,
  type CiphersuiteImpl,
  type ClientState,
  emptyPskIndex,
  type IncomingMessageCallback,
  type MlsPrivateMessage,
  type MlsPublicMessage,
  processMessage,
} from "ts-mls";
import { decryptSenderData } from "ts-mls/privateMessage.js";
import { sameBytes } from "./encoding.ts";
import { checkHpkeKey, checkPathKeys } from "./hpke_key.ts";
import { checkKeyPackage } from "./key_package_check.ts";
import { MlsClientError } from "./mls_client_error.ts";
import { identityOf, rosterOf, without } from "./roster.ts";
import { cipherSuite, type Member } from "./suite.ts";
import { checkUniqueKeys } from "./tree_check.ts";

export type FramedMessage = MlsPrivateMessage | MlsPublicMessage;

/** The changes that a Commit made. */
export interface CommitOutcome {
  epoch: bigint;
  committer: Pick<Member, "userId" | "deviceId">;
  /** The committer joined by itself: a new device, or one that had lost its state. */
  external: boolean;
  added: Member[];
  removed: Member[];
  /** This device is no longer in the group, and can read nothing from here on. */
  removedSelf: boolean;
}

/**
 * Returns the state after another device's Commit; `state` itself is unchanged. It refuses
 * everything that this service does not use (private messages, proposals by reference, and
 * proposals other than Add, Remove and ExternalInit), and an external Commit that removes any leaf
 * but the joiner's own former one.
 */
export async function applyCommit(
  state: ClientState,
  message: FramedMessage,
): Promise<{ next: ClientState; outcome: CommitOutcome }> {
  if (message.wireformat !== "mls_public_message") throw new Error("it is not a public message");
  const suite = await cipherSuite();
  await checkContent(state, message, suite);
  const committer = committerOf(state, message);
  const result = await processMessage(message, state, emptyPskIndex, onlyMembership, suite);
  if (result.kind !== "newState") throw new Error("it is no Commit");
  if (result.actionTaken === "reject") throw new Error("it has a proposal that is not allowed");
  const { newState: next } = result;
  const removedSelf = next.groupActiveState.kind === "removedFromGroup";
  if (!removedSelf && next.groupContext.epoch !== state.groupContext.epoch + 1n) {
    throw new Error("it does not lead to the next epoch");
  }
  checkUniqueKeys(next.ratchetTree);
  const [before, after] = [rosterOf(state.ratchetTree), rosterOf(next.ratchetTree)];
  checkRoster(before, after);
  const { external, identity } = committer;
  const removed = without(before, after);
  if (external && removed.length > 0) throw new Error("a joiner removed another device");
  const epoch = state.groupContext.epoch + 1n;
  const added = without(after, before);
  return {
    next,
    outcome: { epoch, committer: identity, external, added, removed, removedSelf },
  };
}

/** Returns the sender of an application message, which ts-mls does not report. */
export async function senderOf(state: ClientState, message: MlsPrivateMessage): Promise<Member> {
  const { privateMessage } = message;
  const former = state.historicalReceiverData.get(privateMessage.epoch);
  const [secret, tree] = former
    ? [former.senderDataSecret, former.ratchetTree]
    : [state.keySchedule.senderDataSecret, state.ratchetTree];
  const data = await decryptSenderData(privateMessage, secret, await cipherSuite());
  const sender = rosterOf(tree).find(({ leafIndex }) => leafIndex === data?.leafIndex);
  if (sender === undefined) throw new MlsClientError("bad_message", "Read the sender: no member");
  return sender;
}

/** `checkContent` has checked each proposal; one that is not part of a Commit is never accepted. */
const onlyMembership: IncomingMessageCallback = (incoming) => {
  return incoming.kind === "proposal" ? "reject" : acceptAll(incoming);
};

/**
 * Checks everything that ts-mls would otherwise check first. ts-mls checks several Adds, and
 * several pre-shared keys, at the same time, and leaves a rejection unhandled if another one is
 * rejected too.
 */
async function checkContent(
  state: ClientState,
  { publicMessage: { content } }: MlsPublicMessage,
  suite: CiphersuiteImpl,
): Promise<void> {
  if (content.contentType !== "commit") throw new Error("it is no Commit");
  const isMember = content.sender.senderType === "member";
  const allowed = isMember ? ["add", "remove"] : ["external_init", "remove"];
  for (const each of content.commit.proposals) {
    if (each.proposalOrRefType !== "proposal") throw new Error("it refers to a proposal");
    const { proposal } = each;
    const { proposalType } = proposal;
    if (typeof proposalType !== "string" || !allowed.includes(proposalType)) {
      throw new Error(`it has a proposal that is not allowed: ${proposalType}`);
    }
    if (proposal.proposalType === "add") {
      await checkKeyPackage(proposal.add.keyPackage, state, suite);
    }
    // For a leaf outside the tree, ts-mls 1.6.4 never returns.
    if (proposal.proposalType === "remove" && !state.ratchetTree[2 * proposal.remove.removed]) {
      throw new Error(`it removes leaf ${proposal.remove.removed}, which is not there`);
    }
    if (proposal.proposalType === "external_init") {
      checkHpkeKey(proposal.externalInit.kemOutput, "a KEM output");
    }
  }
  if (content.commit.path) checkPathKeys(content.commit.path);
}

function committerOf(
  state: ClientState,
  message: MlsPublicMessage,
): { identity: Pick<Member, "userId" | "deviceId">; external: boolean } {
  const { content } = message.publicMessage;
  if (content.contentType !== "commit") throw new Error("it is no Commit");
  if (content.sender.senderType === "new_member_commit") {
    if (content.commit.path === undefined) throw new Error("its path is missing");
    return { identity: identityOf(content.commit.path.leafNode.credential), external: true };
  }
  if (content.sender.senderType !== "member") throw new Error("its sender is not a member");
  const { leafIndex } = content.sender;
  const member = rosterOf(state.ratchetTree).find((each) => each.leafIndex === leafIndex);
  if (member === undefined) throw new Error("its sender is not a member");
  return { identity: { userId: member.userId, deviceId: member.deviceId }, external: false };
}

/** Each device keeps its user and key as long as it is in the group. */
function checkRoster(before: Member[], after: Member[]): void {
  const known = new Map(before.map((member) => [member.deviceId, member]));
  for (const { deviceId, userId, signatureKey } of after) {
    const old = known.get(deviceId);
    if (old && (old.userId !== userId || !sameBytes(old.signatureKey, signatureKey))) {
      throw new Error(`device ${deviceId} changes its person or key`);
    }
  }
}
