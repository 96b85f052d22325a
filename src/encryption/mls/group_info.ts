import type { Bytes } from "../../core/bytes.ts";
import { type GroupName, parseGroupId } from "./identity.ts";
import { checkHpkeKey } from "./hpke_key.ts";
import { HASH_LENGTH, verifyWithLabel } from "./labelled_crypto.ts";
import { CIPHER_SUITE, EXTENSION, type Extension, MLS10, readExtensions } from "./leaf_node.ts";
import { parseRatchetTree, type RatchetTree, type RosterEntry, rosterOf } from "./ratchet_tree.ts";
import { malformed, readWhole, type TlsReader } from "./tls_reader.ts";
import { readMessageHeader, WIRE_FORMAT } from "./wire_format.ts";

/** RFC 9420, section 8.1. */
export interface GroupContext extends GroupName {
  groupId: Bytes;
  epoch: bigint;
  treeHash: Bytes;
  confirmedTranscriptHash: Bytes;
  extensions: Extension[];
  encodedExtensions: Bytes;
  encoded: Bytes;
}

/** RFC 9420, section 12.4.3, with the ratchet tree that this service requires. */
export interface GroupInfo {
  context: GroupContext;
  tree: RatchetTree;
  externalPub: Bytes;
  confirmationTag: Bytes;
  /** Leaf index of the member who signed. */
  signer: number;
  signature: Bytes;
  toBeSigned: Bytes;
}

/**
 * Parses a GroupInfo in its MLSMessage. It must contain the ratchet tree, from which the roster is
 * read, and the external_pub, with which a device can join.
 */
export function parseGroupInfo(bytes: Bytes): GroupInfo {
  return readWhole(bytes, "group_info", (reader) => {
    readMessageHeader(reader, WIRE_FORMAT.groupInfo);
    const start = reader.offset;
    const context = readGroupContext(reader);
    const extensions = readExtensions(reader, "group_info.extensions");
    const confirmationTag = reader.opaque("group_info.confirmation_tag");
    const signer = reader.uint32("group_info.signer");
    const toBeSigned = reader.since(start);
    const signature = reader.opaque("group_info.signature");
    const tree = parseRatchetTree(extension(extensions, EXTENSION.ratchetTree, "ratchet_tree"));
    const externalPub = readWhole(
      extension(extensions, EXTENSION.externalPub, "external_pub"),
      "external_pub",
      (each) => each.opaque("external_pub"),
    );
    return { context, tree, externalPub, confirmationTag, signer, signature, toBeSigned };
  });
}

/** Returns the members of the group at the epoch of this GroupInfo. */
export function roster(groupInfo: GroupInfo): RosterEntry[] {
  return rosterOf(groupInfo.tree);
}

/**
 * Requires that the external_pub is usable, and that the signer is in the tree and signed the
 * GroupInfo.
 */
export async function checkGroupInfo(groupInfo: GroupInfo): Promise<void> {
  const { tree, signer, signature, toBeSigned, externalPub, confirmationTag } = groupInfo;
  checkHpkeKey(externalPub, "external_pub");
  if (confirmationTag.length !== HASH_LENGTH) {
    throw malformed("group_info.confirmation_tag", "it does not have 32 bytes");
  }
  const leaf = tree.leaves[signer];
  if (!leaf) throw malformed("group_info.signer", `there is no leaf ${signer}`);
  if (!await verifyWithLabel(leaf.signatureKey, "GroupInfoTBS", toBeSigned, signature)) {
    throw malformed("group_info.signature", "it does not verify");
  }
}

function readGroupContext(reader: TlsReader): GroupContext {
  const start = reader.offset;
  const version = reader.uint16("group_context.version");
  if (version !== MLS10) throw malformed("group_context.version", `${version} is not mls10 (1)`);
  const suite = reader.uint16("group_context.cipher_suite");
  if (suite !== CIPHER_SUITE) throw malformed("group_context.cipher_suite", `${suite} is not 1`);
  const groupId = reader.opaque("group_context.group_id");
  const group = parseGroupId(groupId, "group_context.group_id");
  const epoch = reader.uint64("group_context.epoch");
  const treeHash = reader.opaque("group_context.tree_hash");
  const confirmedTranscriptHash = reader.opaque("group_context.confirmed_transcript_hash");
  const beforeExtensions = reader.offset;
  const extensions = readExtensions(reader, "group_context.extensions");
  return {
    ...group,
    groupId,
    epoch,
    treeHash,
    confirmedTranscriptHash,
    extensions,
    encodedExtensions: reader.since(beforeExtensions),
    encoded: reader.since(start),
  };
}

function extension(extensions: Extension[], type: number, name: string): Bytes {
  const found = extensions.find((each) => each.type === type);
  if (!found) throw malformed("group_info.extensions", `${name} is missing`);
  return found.data;
}
