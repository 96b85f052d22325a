import type { Bytes } from "../../core/bytes.ts";
import { type DeviceIdentity, parseIdentity } from "./identity.ts";
import { type LeafNode, readLeafNode } from "./leaf_node.ts";
import { type ParentNode, readParentNode } from "./parent_node.ts";
import { malformed, readWhole, type TlsReader } from "./tls_reader.ts";

/** RFC 9420, sections 7.8 and 12.4.3.3: the tree as an array, with leaves at the even indices. */
export interface RatchetTree {
  /**
   * By leaf index (half of the node index); a blank leaf is undefined. The last one is never blank.
   */
  leaves: (LeafNode | undefined)[];
  /** Parent i is the node between leaf i and leaf i + 1. */
  parents: (ParentNode | undefined)[];
}

export interface RosterEntry extends DeviceIdentity {
  leafIndex: number;
  signatureKey: Bytes;
}

/** Parses the data of a ratchet_tree extension. */
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
  tree.leaves.length = tree.leaves.findLastIndex((leaf) => leaf !== undefined) + 1;
  return tree;
}

/**
 * Returns the members of the tree by leaf. Refuses a leaf whose identity is not a device's, or
 * occurs twice.
 */
export function rosterOf(tree: RatchetTree): RosterEntry[] {
  const roster = tree.leaves.flatMap((leaf, leafIndex) => {
    if (!leaf) return [];
    const identity = parseIdentity(leaf.identity, "ratchet_tree.credential.identity");
    return [{ leafIndex, ...identity, signatureKey: leaf.signatureKey }];
  });
  if (new Set(roster.map(({ deviceId }) => deviceId)).size < roster.length) {
    throw malformed("ratchet_tree", "a device occurs twice");
  }
  return roster;
}

type Node = { kind: "leaf"; leaf: LeafNode } | { kind: "parent"; parent: ParentNode };

function readNode(reader: TlsReader): Node {
  const type = reader.uint8("node.node_type");
  if (type === 1) return { kind: "leaf", leaf: readLeafNode(reader) };
  if (type === 2) return { kind: "parent", parent: readParentNode(reader) };
  throw malformed("node.node_type", `${type} is not 1 or 2`);
}

function leafAt(nodeIndex: number, node: Node | undefined): LeafNode | undefined {
  if (node?.kind === "parent") throw malformed("ratchet_tree", `node ${nodeIndex} is not a leaf`);
  return node?.leaf;
}

function parentAt(nodeIndex: number, node: Node | undefined): ParentNode | undefined {
  if (node?.kind === "leaf") throw malformed("ratchet_tree", `node ${nodeIndex} is a leaf`);
  return node?.parent;
}
