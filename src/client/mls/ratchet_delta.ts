import type { ClientState, SecretTree } from "ts-mls";
import { encode } from "ts-mls/codec/tlsEncoder.js";
import { decodeSecretTreeNode, secretTreeNodeEncoder } from "ts-mls/secretTree.js";
import { type Bytes, fromUtf8, ownBytes, packParts, unpackParts, utf8 } from "./encoding.ts";

/**
 * Encodes the part of a state that messages change: the ratchets of their senders. Writing only
 * those for each message, and the whole state at each Commit, keeps a message's cost from growing
 * with the group: at 200 members the whole state has 440 kB.
 */
export function encodeRatchets(base: ClientState, state: ClientState): Bytes {
  const parts: Bytes[] = [];
  const before = secretTrees(base);
  for (const [epoch, tree] of secretTrees(state)) {
    const old = before.get(epoch);
    if (old === tree) continue;
    for (const [index, node] of tree.entries()) {
      // States share unchanged parts, so the same object means the same ratchets.
      if (node === old?.[index]) continue;
      parts.push(utf8(`${epoch}/${index}`), ownBytes(encode(secretTreeNodeEncoder)(node)));
    }
  }
  return packParts(parts);
}

/**
 * Returns the state that `encodeRatchets` was given; throws a RangeError if the delta does not fit
 * `base`.
 */
export function applyRatchets(base: ClientState, delta: Bytes): ClientState {
  const trees = new Map([...secretTrees(base)].map(([epoch, tree]) => [epoch, tree.slice()]));
  const parts = unpackParts(delta);
  for (let i = 0; i < parts.length; i += 2) {
    const [epoch, index] = fromUtf8(parts[i]).split("/");
    const tree = trees.get(BigInt(epoch));
    const node = decodeSecretTreeNode(parts[i + 1], 0)?.[0];
    if (!tree?.[Number(index)] || !node) throw new RangeError("the ratchets are not the state's");
    tree[Number(index)] = node;
  }
  return withTrees(base, trees);
}

/**
 * Returns `next` with the ratchets of `state` for the epochs that they share. A Commit of this
 * device is created before it is accepted, and messages read in between must not become readable
 * again.
 */
export function carryRatchets(state: ClientState, next: ClientState): ClientState {
  return withTrees(next, secretTrees(state));
}

function withTrees(state: ClientState, trees: Map<bigint, SecretTree>): ClientState {
  const formerEpochs = [...state.historicalReceiverData].map(([epoch, data]) => {
    return [epoch, { ...data, secretTree: trees.get(epoch) ?? data.secretTree }] as const;
  });
  return {
    ...state,
    secretTree: trees.get(state.groupContext.epoch) ?? state.secretTree,
    historicalReceiverData: new Map(formerEpochs),
  };
}

function secretTrees(state: ClientState): Map<bigint, SecretTree> {
  const trees = new Map<bigint, SecretTree>();
  for (const [epoch, { secretTree }] of state.historicalReceiverData) trees.set(epoch, secretTree);
  return trees.set(state.groupContext.epoch, state.secretTree);
}
