import { type LeafNode, readLeafNode } from "./leaf_node.ts";
import { type ProposalOrRef, readProposalOrRef } from "./proposal.ts";
import type { TlsReader } from "./tls_reader.ts";

/** RFC 9420, sections 7.6 and 12.4. Of an UpdatePath only the new leaf concerns a server. */
export interface Commit {
  proposals: ProposalOrRef[];
  pathLeaf?: LeafNode;
}

export function readCommit(reader: TlsReader): Commit {
  const proposals = reader.vector("commit.proposals", readProposalOrRef);
  const pathLeaf = reader.optional("commit.path", readUpdatePath);
  return { proposals, pathLeaf };
}

function readUpdatePath(reader: TlsReader): LeafNode {
  const leafNode = readLeafNode(reader);
  reader.vector("update_path.nodes", (node) => {
    node.opaque("update_path_node.encryption_key");
    node.vector("update_path_node.encrypted_path_secret", (ciphertext) => {
      ciphertext.opaque("hpke_ciphertext.kem_output");
      ciphertext.opaque("hpke_ciphertext.ciphertext");
    });
  });
  return leafNode;
}
