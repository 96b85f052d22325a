import { readHpkeCiphertext } from "./hpke_key.ts";
import { type LeafNode, readLeafNode } from "./leaf_node.ts";
import { type ProposalOrRef, readProposalOrRef } from "./proposal.ts";
import type { PathNode } from "./public_tree.ts";
import type { TlsReader } from "./tls_reader.ts";

/** RFC 9420, section 7.6. */
export interface UpdatePath {
  leafNode: LeafNode;
  /** From the lowest node of the committer's filtered direct path upward. */
  nodes: PathNode[];
}

/** RFC 9420, section 12.4. */
export interface Commit {
  proposals: ProposalOrRef[];
  path?: UpdatePath;
}

export function readCommit(reader: TlsReader): Commit {
  const proposals = reader.vector("commit.proposals", readProposalOrRef);
  const path = reader.optional("commit.path", readUpdatePath);
  return { proposals, path };
}

export function readUpdatePath(reader: TlsReader): UpdatePath {
  const leafNode = readLeafNode(reader);
  return { leafNode, nodes: reader.vector("update_path.nodes", readPathNode) };
}

function readPathNode(reader: TlsReader): PathNode {
  const encryptionKey = reader.opaque("update_path_node.encryption_key");
  const field = "update_path_node.encrypted_path_secret";
  const ciphertexts = reader.vector(field, readHpkeCiphertext).length;
  return { encryptionKey, ciphertexts };
}
