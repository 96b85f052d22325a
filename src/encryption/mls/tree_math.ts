/**
 * The arithmetic of RFC 9420, appendix C, for a tree of `width` leaves, a power of two: leaf i is
 * node 2i, and a parent of level k has k ones at the end of its index.
 */

/** Returns the smallest power of two that is at least this number of leaves; 1 for none. */
export function fullWidth(leaves: number): number {
  let width = 1;
  while (width < leaves) width *= 2;
  return width;
}

/** A node above a leaf, and its child that is not above the leaf. */
export interface PathStep {
  node: number;
  /** The child on the copath. */
  sibling: number;
}

/** Returns the path from the leaf's parent up to the root; empty for a tree of one leaf. */
export function directPath(leafIndex: number, width: number): PathStep[] {
  const steps: PathStep[] = [];
  let node = 2 * leafIndex;
  for (let level = 0; 1 << level < width; level++) {
    const sibling = node ^ (1 << (level + 1));
    node = (node | (1 << level)) & ~(1 << (level + 1));
    steps.push({ node, sibling });
  }
  return steps;
}

/** Returns the children of a parent. */
export function childrenOf(node: number): [left: number, right: number] {
  let half = 1;
  while ((node & half) !== 0) half *= 2;
  half /= 2;
  return [node - half, node + half];
}

export function isLeafNode(node: number): boolean {
  return node % 2 === 0;
}
