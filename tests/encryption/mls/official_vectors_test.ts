/**
 * The MLS working group's test vectors (github.com/mlswg/mls-implementations, folder test-vectors),
 * for suite 1 and for the objects that the server reads. The server's MLS code is written from the
 * RFC, and this compares it with other implementations. They have megabytes, and are not kept here:
 * `MLS_TEST_VECTORS=<that folder> deno test -A tests/encryption/mls/official_vectors_test.ts`.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Bytes, concat } from "../../../src/core/bytes.ts";
import { compareTrees } from "../../../src/encryption/mls/apply_commit.ts";
import { readUpdatePath } from "../../../src/encryption/mls/commit.ts";
import { refHash, verifyWithLabel } from "../../../src/encryption/mls/labelled_crypto.ts";
import { verifyLeafNode } from "../../../src/encryption/mls/leaf_node.ts";
import { readProposal } from "../../../src/encryption/mls/proposal.ts";
import { PublicTree } from "../../../src/encryption/mls/public_tree.ts";
import { parseRatchetTree } from "../../../src/encryption/mls/ratchet_tree.ts";
import { readWhole, TlsReader } from "../../../src/encryption/mls/tls_reader.ts";
import { parseWelcome } from "../../../src/encryption/mls/welcome.ts";

const FOLDER = Deno.env.get("MLS_TEST_VECTORS");

/**
 * Without the folder the test is not registered: no machine has the folder by default, so it would
 * only be a skipped test everywhere.
 */
function vectorTest(name: string, fn: () => Promise<void>): void {
  if (FOLDER !== undefined) Deno.test(`official vectors: ${name}`, fn);
}

vectorTest("signatures and references", async () => {
  const [{ ref_hash: ref, sign_with_label: signed }] = await vectors("crypto-basics");
  assert.equal(toHex(await refHash(ref.label, hex(ref.value))), ref.out);
  const { label, pub, content, signature } = signed;
  assert.ok(await verifyWithLabel(hex(pub), label, hex(content), hex(signature)));
  assert.ok(!await verifyWithLabel(hex(pub), `${label}!`, hex(content), hex(signature)));
});

vectorTest("lengths of vectors", async () => {
  const all = await vectors("deserialization", () => true);
  for (const { vlbytes_header: header, length } of all) {
    const reader = new TlsReader(concat(hex(header), new Uint8Array(Number(length))));
    assert.equal(reader.opaque("vector").length, Number(length));
    reader.finish("vector");
  }
});

vectorTest("the hashes and the leaves of ratchet trees", async () => {
  const all = await vectors("tree-validation");
  assert.ok(all.length >= 14, `${all.length} trees`);
  for (const { tree: encoded, tree_hashes: hashes, group_id: groupId } of all) {
    const tree = parseRatchetTree(hex(encoded));
    assert.equal(toHex(await new PublicTree(tree).hash(() => {})), hashes[rootOf(hashes.length)]);
    for (const [leafIndex, leaf] of tree.leaves.entries()) {
      assert.ok(!leaf || await verifyLeafNode(leaf, { groupId: hex(groupId), leafIndex }));
    }
  }
});

vectorTest("what proposals make of a tree", async () => {
  const all = await vectors("tree-operations");
  let tried = 0;
  for (const vector of all) {
    const proposal = readWhole(hex(vector.proposal), "proposal", readProposal);
    const tree = new PublicTree(parseRatchetTree(hex(vector.tree_before)));
    assert.equal(toHex(await tree.hash(() => {})), vector.tree_hash_before);
    if (proposal.kind === "add") tree.add(proposal.keyPackage.leafNode);
    else if (proposal.kind === "remove") tree.remove(proposal.leafIndex);
    else continue;
    compareTrees(parseRatchetTree(hex(vector.tree_after)), tree.toTree());
    assert.equal(toHex(await tree.hash(() => {})), vector.tree_hash_after);
    tried++;
  }
  assert.ok(tried >= 4, `${tried} proposals`);
});

vectorTest("what paths make of a tree", async () => {
  let tried = 0;
  for (const { ratchet_tree: encoded, update_paths: paths } of await vectors("treekem")) {
    for (const { sender, update_path: path, tree_hash_after: hash } of paths) {
      const tree = new PublicTree(parseRatchetTree(hex(encoded)));
      const { leafNode, nodes } = readWhole(hex(path), "update_path", readUpdatePath);
      tree.applyPath(sender, leafNode, nodes, new Set());
      assert.equal(toHex(await tree.hash(() => {})), hash);
      tried++;
    }
  }
  assert.ok(tried > 50, `${tried} paths`);
});

vectorTest("Welcomes, trees and proposals are read whole", async () => {
  const all = await vectors(
    "messages",
    ({ mls_welcome: welcome }) => /^000100030001/.test(welcome),
  );
  assert.ok(all.length > 10, `${all.length} sets`);
  for (const set of all) {
    assert.ok(parseWelcome(hex(set.mls_welcome)).newMembers.length > 0);
    assert.ok(parseRatchetTree(hex(set.ratchet_tree)).leaves.length > 0);
    const proposals = [["add", set.add_proposal], ["remove", set.remove_proposal]];
    for (const [i, [kind, encoded]] of proposals.entries()) {
      const typed = concat(Uint8Array.of(0, i === 0 ? 1 : 3), hex(encoded));
      assert.equal(readWhole(typed, "proposal", readProposal).kind, kind);
    }
  }
});

// deno-lint-ignore no-explicit-any -- files differ in shape, and a wrong one fails the test
type Vector = any;

async function vectors(
  name: string,
  applies = (vector: Vector) => Number(vector.cipher_suite) === 1,
): Promise<Vector[]> {
  const all: Vector[] = JSON.parse(await Deno.readTextFile(join(FOLDER!, `${name}.json`)));
  return all.filter(applies);
}

/** RFC 9420, appendix C: the root of a tree with this number of nodes. */
function rootOf(nodes: number): number {
  return 2 ** Math.floor(Math.log2(nodes)) - 1;
}

function hex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
