import { type Bytes, concat } from "../../core/bytes.ts";
import type { TlsReader } from "./tls_reader.ts";
import { opaque, uint32 } from "./tls_writer.ts";

/** RFC 9420, section 7.1. */
export interface ParentNode {
  encryptionKey: Bytes;
  /** Empty for the highest node that its Commit set. */
  parentHash: Bytes;
  /** Leaf indices, ascending: members below this node that do not have its private key. */
  unmergedLeaves: number[];
  /** The whole node as sent. */
  encoded: Bytes;
}

export function readParentNode(reader: TlsReader): ParentNode {
  const start = reader.offset;
  const encryptionKey = reader.opaque("parent_node.encryption_key");
  const parentHash = reader.opaque("parent_node.parent_hash");
  const unmergedLeaves = reader.vector(
    "parent_node.unmerged_leaves",
    (each) => each.uint32("parent_node.unmerged_leaves"),
  );
  return { encryptionKey, parentHash, unmergedLeaves, encoded: reader.since(start) };
}

/** Creates a node that a Commit sets; it is encoded on first use. */
export function parentNode(fields: Omit<ParentNode, "encoded">): ParentNode {
  let encoded: Bytes | undefined;
  return {
    ...fields,
    get encoded() {
      return encoded ??= encodeParentNode(fields);
    },
  };
}

function encodeParentNode(node: Omit<ParentNode, "encoded">): Bytes {
  const { encryptionKey, parentHash, unmergedLeaves } = node;
  const leaves = opaque(concat(...unmergedLeaves.map(uint32)));
  return concat(opaque(encryptionKey), opaque(parentHash), leaves);
}
