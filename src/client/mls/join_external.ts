import type {
  CiphersuiteImpl,
  ClientConfig,
  ClientState,
  GroupInfo,
  KeyPackage,
  LeafIndex,
  MlsPublicMessage,
  PrivateKeyPackage,
  Proposal,
  RatchetTree,
  UpdatePath,
} from "ts-mls";
import { exportSecret, nextEpochContext } from "ts-mls/clientState.js";
import { decodeVarLenData } from "ts-mls/codec/variableLength.js";
import { createConfirmationTag, createContentCommitSignature } from "ts-mls/framedContent.js";
import { type EpochSecrets, initializeEpoch } from "ts-mls/keySchedule.js";
import { protectPublicMessage } from "ts-mls/messageProtectionPublic.js";
import { getCommitSecret, pathToPathSecrets } from "ts-mls/pathSecrets.js";
import { toPrivateKeyPath, updateLeafKey } from "ts-mls/privateKeyPath.js";
import { addLeafNode, removeLeafNode } from "ts-mls/ratchetTree.js";
import { createSecretTree } from "ts-mls/secretTree.js";
import { treeHashRoot } from "ts-mls/treeHash.js";
import { createUpdatePath } from "ts-mls/updatePath.js";
import { checkHpkeKey } from "./hpke_key.ts";
import { checkGroupInfo } from "./tree_check.ts";

export interface ExternalCommit {
  message: MlsPublicMessage;
  next: ClientState;
}

const WIRE = "mls_public_message";

/**
 * Joins without a Welcome (RFC 9420, section 12.4.3.2), as `joinGroupExternal` of ts-mls does, but
 * with this client's check of the tree, and with external_pub in the RFC's encoding: an
 * `opaque<V>`, where ts-mls 1.6.4 expects the bare key.
 *
 * @param former this device's former leaf, if it is still in the tree and the device has lost its
 * state.
 */
export async function joinExternally(
  groupInfo: GroupInfo,
  keyPackage: KeyPackage,
  keys: PrivateKeyPackage,
  former: number | undefined,
  suite: CiphersuiteImpl,
  config: ClientConfig,
): Promise<ExternalCommit> {
  const before = await checkGroupInfo(groupInfo, suite, config);
  const { enc, secret: initSecret } = await exportSecret(externalPub(groupInfo), suite);
  const [withLeaf, nodeIndex] = withJoiner(before, former, keyPackage.leafNode);
  const own = nodeIndex / 2 as LeafIndex;
  const [tree, path, pathSecrets, leafKey] = await createUpdatePath(
    withLeaf,
    own,
    groupInfo.groupContext,
    keys.signaturePrivateKey,
    suite,
  );
  const last = pathSecrets.at(-1);
  const commitSecret = last === undefined
    ? new Uint8Array(suite.kdf.size)
    : await getCommitSecret(tree, last.nodeIndex as never, last.secret, suite.kdf);
  const signed = await sign(groupInfo, proposals(enc, former), path, keys, suite);
  const after = await nextEpochContext(
    groupInfo.groupContext,
    WIRE,
    signed.framedContent,
    signed.signature,
    await treeHashRoot(tree, suite.hash),
    groupInfo.confirmationTag,
    suite.hash,
  );
  const noPsk = new Uint8Array(suite.kdf.size);
  const secrets = await initializeEpoch(initSecret, commitSecret, after, noPsk, suite.kdf);
  const privatePath = updateLeafKey(
    await toPrivateKeyPath(pathToPathSecrets(pathSecrets), own, suite),
    await suite.hpke.exportPrivateKey(leafKey!),
  );
  const next = await newState(tree, after, secrets, privatePath, keys, suite, config);
  return { message: await frame(signed, next, suite), next };
}

/** ts-mls cannot remove the only leaf: the tree would be empty until the joiner is added. */
function withJoiner(
  tree: RatchetTree,
  former: number | undefined,
  leaf: KeyPackage["leafNode"],
): [RatchetTree, number] {
  if (former === undefined) return addLeafNode(tree, leaf);
  const isAlone = tree.every((node, index) => index === 2 * former || node?.nodeType !== "leaf");
  if (isAlone) return [[{ nodeType: "leaf", leaf }], 0];
  return addLeafNode(removeLeafNode(tree, former as LeafIndex), leaf);
}

type Signed = Awaited<ReturnType<typeof createContentCommitSignature>>;

function sign(
  groupInfo: GroupInfo,
  proposals: Proposal[],
  path: UpdatePath,
  keys: PrivateKeyPackage,
  suite: CiphersuiteImpl,
): Promise<Signed> {
  return createContentCommitSignature(
    groupInfo.groupContext,
    WIRE,
    {
      proposals: proposals.map((proposal) => ({ proposalOrRefType: "proposal", proposal })),
      path,
    },
    { senderType: "new_member_commit" },
    new Uint8Array(),
    keys.signaturePrivateKey,
    suite.signature,
  );
}

function proposals(kemOutput: Uint8Array, former: number | undefined): Proposal[] {
  const init: Proposal = { proposalType: "external_init", externalInit: { kemOutput } };
  if (former === undefined) return [init];
  return [{ proposalType: "remove", remove: { removed: former } }, init];
}

async function newState(
  tree: RatchetTree,
  groupContext: ClientState["groupContext"],
  secrets: EpochSecrets,
  privatePath: ClientState["privatePath"],
  keys: PrivateKeyPackage,
  suite: CiphersuiteImpl,
  config: ClientConfig,
): Promise<ClientState> {
  const { keySchedule, encryptionSecret } = secrets;
  return {
    ratchetTree: tree,
    groupContext,
    keySchedule,
    secretTree: await createSecretTree((tree.length + 1) / 2, encryptionSecret, suite.kdf),
    privatePath,
    confirmationTag: await createConfirmationTag(
      keySchedule.confirmationKey,
      groupContext.confirmedTranscriptHash,
      suite.hash,
    ),
    historicalReceiverData: new Map(),
    signaturePrivateKey: keys.signaturePrivateKey,
    unappliedProposals: {},
    groupActiveState: { kind: "active" },
    clientConfig: config,
  };
}

async function frame(
  { framedContent, signature }: Signed,
  { keySchedule, groupContext, confirmationTag }: ClientState,
  suite: CiphersuiteImpl,
): Promise<MlsPublicMessage> {
  const content = {
    content: framedContent,
    auth: { signature, confirmationTag, contentType: "commit" as const },
    wireformat: WIRE as typeof WIRE,
  };
  const { membershipKey } = keySchedule;
  const publicMessage = await protectPublicMessage(membershipKey, groupContext, content, suite);
  return { wireformat: WIRE, publicMessage };
}

function externalPub({ extensions }: GroupInfo): Uint8Array {
  const found = extensions.find(({ extensionType }) => extensionType === "external_pub");
  if (found === undefined) throw new Error("its external_pub is missing");
  const key = decodeVarLenData(found.extensionData, 0);
  if (key === undefined || key[1] !== found.extensionData.length) {
    throw new Error("its external_pub is not well-formed");
  }
  checkHpkeKey(key[0], "its external_pub");
  return key[0];
}
