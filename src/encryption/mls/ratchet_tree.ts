import { type Bytes, concat } from "../../core/bytes.ts";
import { type DeviceIdentity, parseIdentity } from "./identity.ts";
import { sha256 } from "./labelled_crypto.ts";
import { type LeafNode, readLeafNode } from "./leaf_node.ts";
import { malformed, readWhole, type TlsReader } from "./tls_reader.ts";
import { opaque, uint32, uint8 } from "./tls_writer.ts";

/** RFC 9420, sections 7.8 and 12.4.3.3: the tree as an array, leaves at the even indices. */
export interface RatchetTree {
  /** At the leaf index (half of the node index); a blank leaf is undefined. The last is never blank. */
  leaves: (LeafNode | undefined)[];
  /** Parent i stands between leaf i and leaf i + 1: its ParentNode, as it was sent. */
  parents: (Bytes | undefined)[];
}

export interface RosterEntry extends DeviceIdentity {
  leafIndex: number;
  signatureKey: Bytes;
}

/** The data of a ratchet_tree extension. */
export function parseRatchetTree(data: Bytes): RatchetTree {
  const nodes = readWhole(data, "ratchet_tree", (reader) => {
    return reader.vector("ratchet_tree", (each) => each.optional("ratchet_tree", readNode));
  });
  if (nodes.at(-1) === undefined) throw malformed("ratchet_tree", "its last node is blank");
  const tree: RatchetTree = { leaves: [], parents: [] };
  for (const [i, node] of nodes.entries()) {
    if (i % 2 === 0) tree.leaves.push(leafAt(i, node));
    else tree.parents.push(parentAt(i, node));
  }
  while (tree.leaves.length > 0 && tree.leaves.at(-1) === undefined) tree.leaves.pop();
  return tree;
}

/** Everyone in the tree, by leaf. Refuses a leaf whose identity is not a device's, or is there twice. */
export function rosterOf(tree: RatchetTree): RosterEntry[] {
  const roster = tree.leaves.flatMap((leaf, leafIndex) => {
    if (!leaf) return [];
    const identity = parseIdentity(leaf.identity, "ratchet_tree.credential.identity");
    return [{ leafIndex, ...identity, signatureKey: leaf.signatureKey }];
  });
  if (new Set(roster.map(({ deviceId }) => deviceId)).size < roster.length) {
    throw malformed("ratchet_tree", "a device is there twice");
  }
  return roster;
}

/** The tree hash of the root (section 7.8), over a tree filled up to the next power of two. */
export function treeHash(tree: RatchetTree): Promise<Bytes> {
  let width = 1;
  while (width < tree.leaves.length || width < tree.parents.length + 1) width *= 2;
  return hashOf(tree, 0, width);
}

/** Of the subtree over `width` leaves from `first`; its root is the parent in their middle. */
async function hashOf(tree: RatchetTree, first: number, width: number): Promise<Bytes> {
  if (width === 1) {
    const leaf = present(tree.leaves[first]?.encoded);
    return sha256(concat(uint8(1), uint32(first), leaf));
  }
  const half = width / 2;
  const left = await hashOf(tree, first, half);
  const right = await hashOf(tree, first + half, half);
  const parent = present(tree.parents[first + half - 1]);
  return sha256(concat(uint8(2), parent, opaque(left), opaque(right)));
}

function present(encoded: Bytes | undefined): Bytes {
  return encoded === undefined ? uint8(0) : concat(uint8(1), encoded);
}

type Node = { kind: "leaf"; leaf: LeafNode } | { kind: "parent"; encoded: Bytes };

function readNode(reader: TlsReader): Node {
  const type = reader.uint8("node.node_type");
  if (type === 1) return { kind: "leaf", leaf: readLeafNode(reader) };
  if (type === 2) return { kind: "parent", encoded: readParentNode(reader) };
  throw malformed("node.node_type", `${type} is not 1 or 2`);
}

function readParentNode(reader: TlsReader): Bytes {
  const start = reader.offset;
  reader.opaque("parent_node.encryption_key");
  reader.opaque("parent_node.parent_hash");
  reader.vector(
    "parent_node.unmerged_leaves",
    (each) => each.uint32("parent_node.unmerged_leaves"),
  );
  return reader.since(start);
}

function leafAt(nodeIndex: number, node: Node | undefined): LeafNode | undefined {
  if (node?.kind === "parent") throw malformed("ratchet_tree", `node ${nodeIndex} is no leaf`);
  return node?.leaf;
}

function parentAt(nodeIndex: number, node: Node | undefined): Bytes | undefined {
  if (node?.kind === "leaf") throw malformed("ratchet_tree", `node ${nodeIndex} is a leaf`);
  return node?.encoded;
}
