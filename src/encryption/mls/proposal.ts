import type { Bytes } from "../../core/bytes.ts";
import { checkHpkeKey } from "./hpke_key.ts";
import { type KeyPackage, readKeyPackage } from "./key_package.ts";
import { type Extension, type LeafNode, readExtensions, readLeafNode } from "./leaf_node.ts";
import { malformed, type TlsReader } from "./tls_reader.ts";

/** RFC 9420, section 12.1. */
export type Proposal =
  | { kind: "add"; keyPackage: KeyPackage }
  | { kind: "update"; leafNode: LeafNode }
  | { kind: "remove"; leafIndex: number }
  | { kind: "psk" }
  | { kind: "reinit"; groupId: Bytes }
  | { kind: "external_init"; kemOutput: Bytes }
  | { kind: "group_context_extensions"; extensions: Extension[] };

/** Entry of a Commit: the proposal itself, or the hash of one that was sent earlier. */
export type ProposalOrRef =
  | { kind: "proposal"; proposal: Proposal }
  | { kind: "reference"; hash: Bytes };

export function readProposal(reader: TlsReader): Proposal {
  const type = reader.uint16("proposal.proposal_type");
  switch (type) {
    case 1:
      return { kind: "add", keyPackage: readKeyPackage(reader) };
    case 2:
      return { kind: "update", leafNode: readLeafNode(reader) };
    case 3:
      return { kind: "remove", leafIndex: reader.uint32("remove.removed") };
    case 4:
      return readPreSharedKey(reader);
    case 5:
      return readReInit(reader);
    case 6:
      return readExternalInit(reader);
    case 7:
      return {
        kind: "group_context_extensions",
        extensions: readExtensions(reader, "group_context_extensions.extensions"),
      };
    default:
      // A reader that does not know the type does not know the length either (section 12.1), so
      // nothing can follow.
      throw malformed("proposal.proposal_type", `${type} is not one of 1 to 7`);
  }
}

export function readProposalOrRef(reader: TlsReader): ProposalOrRef {
  const type = reader.uint8("proposal_or_ref.type");
  if (type === 1) return { kind: "proposal", proposal: readProposal(reader) };
  if (type === 2) return { kind: "reference", hash: reader.opaque("proposal_or_ref.reference") };
  throw malformed("proposal_or_ref.type", `${type} is not 1 or 2`);
}

/** PreSharedKeyID (section 8.4): read only to find its end. */
function readPreSharedKey(reader: TlsReader): Proposal {
  const type = reader.uint8("psk.psktype");
  if (type === 1) reader.opaque("psk.psk_id");
  else if (type === 2) {
    reader.uint8("psk.usage");
    reader.opaque("psk.psk_group_id");
    reader.uint64("psk.psk_epoch");
  } else throw malformed("psk.psktype", `${type} is not 1 or 2`);
  reader.opaque("psk.psk_nonce");
  return { kind: "psk" };
}

function readExternalInit(reader: TlsReader): Proposal {
  const kemOutput = reader.opaque("external_init.kem_output");
  checkHpkeKey(kemOutput, "external_init.kem_output");
  return { kind: "external_init", kemOutput };
}

function readReInit(reader: TlsReader): Proposal {
  const groupId = reader.opaque("reinit.group_id");
  reader.uint16("reinit.version");
  reader.uint16("reinit.cipher_suite");
  readExtensions(reader, "reinit.extensions");
  return { kind: "reinit", groupId };
}
