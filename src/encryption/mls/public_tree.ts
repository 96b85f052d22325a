import { type Bytes, concat } from "../../core/bytes.ts";
import type { Pause } from "../../core/work_budget.ts";
import { x25519Name } from "../../core/x25519.ts";
import { sameBytes, sha256Now } from "./labelled_crypto.ts";
import type { LeafNode } from "./leaf_node.ts";
import { type ParentNode, parentNode } from "./parent_node.ts";
import type { RatchetTree } from "./ratchet_tree.ts";
import { malformed } from "./tls_reader.ts";
import { opaque, uint32, uint8 } from "./tls_writer.ts";
import { childrenOf, directPath, fullWidth, isLeafNode, type PathStep } from "./tree_math.ts";

/** A node of an UpdatePath: its new key, and the number of recipients of its secret. */
export interface PathNode {
  encryptionKey: Bytes;
  ciphertexts: number;
}

const NONE = new Uint8Array();

/**
 * The public half of a group's ratchet tree, changed in the way members change theirs (RFC 9420,
 * sections 7.4 to 7.9 and 12.4.2), so that the tree in a GroupInfo can be compared with the result
 * of its Commit on the previous tree. Nodes are numbered as in appendix C.
 */
export class PublicTree {
  #leaves: (LeafNode | undefined)[];
  #parents: (ParentNode | undefined)[];
  #width: number;
  /** All leaves before this index are occupied. */
  #noBlankBefore = 0;
  /** Tree hashes by node; a change drops those on the way up to the root. */
  readonly #hashes = new Map<number, Bytes>();

  constructor({ leaves, parents }: RatchetTree) {
    this.#leaves = [...leaves];
    this.#parents = [...parents];
    this.#width = fullWidth(Math.max(leaves.length, parents.length + 1));
  }

  leaf(index: number): LeafNode | undefined {
    return this.#leaves[index];
  }

  /** Returns the nodes, without blank ones at the end of a list. */
  toTree(): RatchetTree {
    return { leaves: withoutEnd(this.#leaves), parents: withoutEnd(this.#parents) };
  }

  /** Section 7.8: blanks the leaf and its path, and drops an empty right half. */
  remove(index: number): void {
    this.#leaves[index] = undefined;
    this.#noBlankBefore = Math.min(this.#noBlankBefore, index);
    this.#blankPath(index);
    this.#leaves = withoutEnd(this.#leaves);
    const width = fullWidth(this.#leaves.length);
    if (width === this.#width) return;
    this.#width = width;
    this.#parents.length = Math.min(this.#parents.length, width - 1);
    this.#hashes.clear();
  }

  /** Section 7.7: adds at the leftmost blank leaf, unmerged in every non-blank node above it. */
  add(leaf: LeafNode): number {
    while (this.#leaves[this.#noBlankBefore] !== undefined) this.#noBlankBefore++;
    const index = this.#noBlankBefore;
    this.#leaves[index] = leaf;
    this.#width = Math.max(this.#width, fullWidth(index + 1));
    for (const { node } of this.#pathOf(index)) {
      const parent = this.#parent(node);
      if (!parent) continue;
      const { encryptionKey, parentHash } = parent;
      const unmergedLeaves = [...parent.unmergedLeaves, index].sort((a, b) => a - b);
      this.#setParent(node, parentNode({ encryptionKey, parentHash, unmergedLeaves }));
    }
    this.#forgetHashes(index);
    return index;
  }

  /**
   * Sections 7.5 and 7.9: sets the leaf and the nodes of an UpdatePath, with their parent hashes.
   * Throws `invalid_request` unless the path has a node for each node of the leaf's filtered direct
   * path, a ciphertext for each recipient that needs one, and the parent hash in its leaf.
   *
   * @param added leaves that the same Commit adds: their secrets are in the Welcome.
   */
  applyPath(index: number, leaf: LeafNode, nodes: PathNode[], added: ReadonlySet<number>): void {
    const filtered = this.#pathOf(index).filter(({ sibling }) => this.#hasResolution(sibling));
    if (nodes.length !== filtered.length) {
      throw malformed("update_path.nodes", `there are ${nodes.length}, not ${filtered.length}`);
    }
    for (const [i, { sibling }] of filtered.entries()) {
      const wanted = this.#resolution(sibling).filter((node) => !isAdded(node, added)).length;
      if (nodes[i].ciphertexts === wanted) continue;
      const found = `there are ${nodes[i].ciphertexts}, not ${wanted}`;
      throw malformed("update_path_node.encrypted_path_secret", found);
    }
    this.#blankPath(index);
    const parentHash = this.#setPath(filtered, nodes);
    const stated = leaf.source.kind === "commit" ? leaf.source.parentHash : NONE;
    if (!sameBytes(stated, parentHash)) {
      throw malformed("leaf_node.parent_hash", "it is not that of the path");
    }
    this.#leaves[index] = leaf;
    this.#forgetHashes(index);
  }

  /** Returns the tree hash of the root (section 7.8). */
  async hash(pause: Pause): Promise<Bytes> {
    // From the leaves up, level by level, because each hash uses those of its children.
    const root = this.#width - 1;
    for (let first = 0; first <= root; first = 2 * first + 1) {
      for (let node = first; node <= 2 * root; node += 2 * (first + 1)) {
        this.#hashOf(node);
        await pause();
      }
    }
    return this.#hashOf(root);
  }

  /**
   * Section 7.3: throws `invalid_request` if two nodes share an encryption key, or two leaves share
   * a signature key.
   */
  async checkUniqueKeys(pause: Pause): Promise<void> {
    const encryption = uniqueKeys("an encryption_key");
    const signature = uniqueKeys("a signature_key");
    for (const leaf of this.#leaves) {
      if (!leaf) continue;
      encryption(x25519Name(leaf.encryptionKey));
      signature(leaf.signatureKey.join());
      await pause();
    }
    for (const parent of this.#parents) {
      if (parent) encryption(x25519Name(parent.encryptionKey));
    }
  }

  /** Returns all encryption keys of the tree, by name. */
  keyNames(): Set<string> {
    const nodes = [...this.#leaves, ...this.#parents];
    return new Set(nodes.flatMap((node) => node ? [x25519Name(node.encryptionKey)] : []));
  }

  /** Sets the nodes from the top down, and returns the parent hash of the leaf below. */
  #setPath(filtered: PathStep[], nodes: PathNode[]): Bytes {
    let parentHash: Bytes = NONE;
    for (let i = filtered.length - 1; i >= 0; i--) {
      const { node, sibling } = filtered[i];
      const { encryptionKey } = nodes[i];
      this.#setParent(node, parentNode({ encryptionKey, parentHash, unmergedLeaves: [] }));
      // ParentHashInput: the node has no unmerged leaves, so the sibling's tree hash is its
      // original tree hash.
      const input = [encryptionKey, parentHash, this.#hashOf(sibling)].map(opaque);
      parentHash = sha256Now(concat(...input));
    }
    return parentHash;
  }

  #pathOf(index: number): PathStep[] {
    return directPath(index, this.#width);
  }

  #blankPath(index: number): void {
    for (const { node } of this.#pathOf(index)) this.#setParent(node, undefined);
    this.#forgetHashes(index);
  }

  #forgetHashes(index: number): void {
    this.#hashes.delete(2 * index);
    for (const { node } of this.#pathOf(index)) this.#hashes.delete(node);
  }

  #parent(node: number): ParentNode | undefined {
    return this.#parents[(node - 1) / 2];
  }

  #setParent(node: number, parent: ParentNode | undefined): void {
    const index = (node - 1) / 2;
    if (parent === undefined && index >= this.#parents.length) return;
    this.#parents[index] = parent;
  }

  /** Section 4.1.1: returns the nodes whose keys together reach every member below. */
  #resolution(node: number): number[] {
    if (isLeafNode(node)) return this.#leaves[node / 2] ? [node] : [];
    const parent = this.#parent(node);
    if (parent) return [node, ...parent.unmergedLeaves.map((leaf) => 2 * leaf)];
    return childrenOf(node).flatMap((child) => this.#resolution(child));
  }

  #hasResolution(node: number): boolean {
    if (isLeafNode(node)) return this.#leaves[node / 2] !== undefined;
    return this.#parent(node) !== undefined ||
      childrenOf(node).some((child) => this.#hasResolution(child));
  }

  #hashOf(node: number): Bytes {
    const cached = this.#hashes.get(node);
    if (cached) return cached;
    const hash = isLeafNode(node) ? this.#leafHash(node / 2) : this.#parentHash(node);
    this.#hashes.set(node, hash);
    return hash;
  }

  #leafHash(index: number): Bytes {
    return sha256Now(concat(uint8(1), uint32(index), optional(this.#leaves[index]?.encoded)));
  }

  #parentHash(node: number): Bytes {
    const [left, right] = childrenOf(node).map((child) => opaque(this.#hashOf(child)));
    return sha256Now(concat(uint8(2), optional(this.#parent(node)?.encoded), left, right));
  }
}

function isAdded(node: number, added: ReadonlySet<number>): boolean {
  return isLeafNode(node) && added.has(node / 2);
}

function withoutEnd<T>(list: (T | undefined)[]): (T | undefined)[] {
  let length = list.length;
  while (length > 0 && list[length - 1] === undefined) length--;
  return list.slice(0, length);
}

function optional(encoded: Bytes | undefined): Bytes {
  return encoded === undefined ? uint8(0) : concat(uint8(1), encoded);
}

function uniqueKeys(what: string): (name: string) => void {
  const seen = new Set<string>();
  return (name) => {
    if (seen.has(name)) throw malformed("ratchet_tree", `${what} occurs twice`);
    seen.add(name);
  };
}
