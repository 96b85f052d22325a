import assert from "node:assert/strict";
import {
  type CiphersuiteImpl,
  type ClientState,
  createCommit,
  type Proposal,
  type RatchetTree,
} from "ts-mls";
import { deviceCredential } from "../../../src/client/mls/suite.ts";
import { readRecord } from "../../../src/client/mls/group_record.ts";
import { joinExternally } from "../../../src/client/mls/join_external.ts";
import { makeKeyPackage } from "../../../src/client/mls/key_packages.ts";
import { unpackParts, utf8 } from "../../../src/client/mls/encoding.ts";
import { cipherSuite, clientConfig } from "../../../src/client/mls/suite.ts";
import { decodeGroupInfo, decodeKeyPackage, encodeWire } from "../../../src/client/mls/wire.ts";
import { newId } from "../../../src/core/ids.ts";
import { forgeCommit, type Forgery, joinerOf, memberOf } from "../../encryption/forged_commit.ts";
import { forgeKeyPackage } from "../../encryption/forged_key_package.ts";
import { SMALL_ORDER_KEYS } from "../../encryption/small_order_keys.ts";
import { type Device, threePeople, World } from "./world.ts";

/**
 * Groups by a member or a joiner with correct signatures, hashes and secrets, and behind a server
 * that checks nothing: only the client's rules are left.
 */
const shared = await threePeople();
const config = clientConfig(() => true);

function badCommit(message: RegExp) {
  return { name: "MlsClientError", code: "bad_commit", message };
}

Deno.test("a client refuses a joiner that removes another user's device", async () => {
  const { world, devices } = shared;
  for (const former of [0, 5]) {
    const stranger = await new World().device(newId());
    const commit = await externalCommit(world, stranger, former);
    const group = await devices[2].group();
    await assert.rejects(group.processCommit(commit), badCommit(/removed another device/));
    assert.equal(group.epoch, 1n, "nothing was changed");
  }
});

Deno.test("a client refuses a device that joins a second time next to its own leaf", async () => {
  const { world, devices } = shared;
  const commit = await externalCommit(world, devices[4], undefined);
  await assert.rejects((await devices[2].group()).processCommit(commit), badCommit(/twice/));
});

Deno.test("a client refuses a Commit that removes a missing leaf, and continues", async () => {
  const { world, devices } = shared;
  const group = await devices[2].group();
  const stranger = await new World().device(newId());
  const info = decodeGroupInfo(world.groupInfo);
  const joiner = await joinerOf(stranger.store, stranger.mls, info);
  const member = await memberOf(devices[1].store, world.chatId);
  const kemOutput = randomKey();
  const init = { proposalType: "external_init", externalInit: { kemOutput } } as const;
  for (const removed of [9, 60, 2 ** 31]) {
    const remove = { proposalType: "remove", remove: { removed } } as const;
    for (const [forger, proposals] of [[joiner, [remove, init]], [member, [remove]]] as const) {
      const { commit } = await forgeCommit(forger, { proposals: [...proposals] });
      await assert.rejects(group.processCommit(commit), badCommit(/which is not there/));
    }
  }
});

Deno.test("a client refuses a member who renews its leaf as another user", async () => {
  const { world, devices, users } = shared;
  const { deviceId } = devices[3].mls;
  const other = devices[5].mls;
  for (const [userId, device] of [[users[0], deviceId], [users[1], other.deviceId]]) {
    const state = await stateOf(world, devices[3]);
    const own = 2 * state.privatePath.leafIndex;
    const node = state.ratchetTree[own];
    assert.ok(node?.nodeType === "leaf");
    const leaf = { ...node.leaf, credential: deviceCredential(userId, device) };
    const ratchetTree = state.ratchetTree.with(own, { nodeType: "leaf", leaf });
    const commit = await commitOf({ ...state, ratchetTree });
    const refusal = badCommit(/changes its person|twice/);
    await assert.rejects((await devices[2].group()).processCommit(commit), refusal);
  }
});

Deno.test("a client refuses a member who renews its leaf with another signature key", async () => {
  const { world, devices } = shared;
  const state = await stateOf(world, devices[3]);
  const own = 2 * state.privatePath.leafIndex;
  const suite = await cipherSuite();
  const { publicKey: signaturePublicKey, signKey } = await suite.signature.keygen();
  const leaf = { ...leafOf(state.ratchetTree, own), signaturePublicKey };
  const ratchetTree = state.ratchetTree.with(own, { nodeType: "leaf", leaf });
  // The new key signs the leaf, and the member's key everything else.
  const sign: typeof suite.signature.sign = (key, message) =>
    suite.signature.sign(isOfLeaf(message) ? signKey : key, message);
  const signing = { ...suite, signature: { ...suite.signature, sign } };
  const commit = await commitOf({ ...state, ratchetTree }, true, [], signing);
  const processing = (await devices[2].group()).processCommit(commit);
  await assert.rejects(processing, badCommit(/changes its person or key/));
});

function isOfLeaf(message: Uint8Array): boolean {
  return new TextDecoder().decode(message).includes("LeafNodeTBS");
}

Deno.test("a client refuses a Commit that adds a device with a key, or the id, of a member", async () => {
  const { world, devices } = shared;
  const state = await stateOf(world, devices[3]);
  const member = leafOf(state.ratchetTree, 8);
  const { credential, hpkePublicKey } = member;
  const forgeries: [string, Parameters<typeof forgeKeyPackage>[0]][] = [
    ["its encryption key", { leaf: { hpkePublicKey } }],
    ["its id", { leaf: { credential } }],
  ];
  for (const [what, forgery] of forgeries) {
    const keyPackage = decodeKeyPackage(await forgeKeyPackage(forgery));
    const add: Proposal = { proposalType: "add", add: { keyPackage } };
    const commit = await commitOf(state, true, [add]);
    const processing = (await devices[2].group()).processCommit(commit);
    await assert.rejects(processing, badCommit(/there twice/), what);
  }
});

Deno.test("a client refuses a Commit in a private message", async () => {
  const { world, devices } = shared;
  const commit = await commitOf(await stateOf(world, devices[3]), false);
  const refusal = badCommit(/not a public message/);
  await assert.rejects((await devices[2].group()).processCommit(commit), refusal);
});

const contents: [string, RegExp, Forgery | (() => Promise<Forgery>)][] = [
  ["changes the extensions", /not allowed: group_context_extensions/, {
    proposals: [{
      proposalType: "group_context_extensions",
      groupContextExtensions: { extensions: [] },
    }],
  }],
  ["adds a device whose leaf nobody signed", /signature of its leaf/, async () => {
    const keyPackage = decodeKeyPackage(await forgeKeyPackage());
    const leafNode = { ...keyPackage.leafNode, signature: new Uint8Array(64) };
    const add = { keyPackage: { ...keyPackage, leafNode } };
    return { proposals: [{ proposalType: "add", add }] };
  }],
  ["has a leaf key of small order", /small order/, {
    leaf: () => ({ hpkePublicKey: SMALL_ORDER_KEYS["0"] }),
  }],
  ["has a path key of small order", /small order/, {
    nodes: (nodes) => nodes.with(0, { ...nodes[0], hpkePublicKey: SMALL_ORDER_KEYS["0"] }),
  }],
  ["has a KEM output of small order", /small order/, {
    nodes: (nodes) => {
      const [secret, ...others] = nodes[0].encryptedPathSecret;
      const forged = { ...secret, kemOutput: SMALL_ORDER_KEYS["0"] };
      return nodes.with(0, { ...nodes[0], encryptedPathSecret: [forged, ...others] });
    },
  }],
];
for (const [name, message, forge] of contents) {
  Deno.test(`a client refuses a Commit that ${name}, before anything else of it is used`, async () => {
    const { world, devices } = shared;
    const forger = await memberOf(devices[1].store, world.chatId);
    const forgery = typeof forge === "function" ? await forge() : forge;
    const { commit } = await forgeCommit(forger, forgery);
    await assert.rejects((await devices[2].group()).processCommit(commit), badCommit(message));
  });
}

Deno.test("a client reads neither a message of another chat nor a Commit in place of a message", async () => {
  const { world, devices } = shared;
  const other = await threePeople();
  const foreign = await (await other.devices[0].group()).encrypt(utf8("elsewhere"));
  const group = await devices[2].group();
  await assert.rejects(group.decrypt(foreign), { name: "MlsClientError", code: "wrong_chat" });
  const commit = await commitOf(await stateOf(world, devices[3]), false);
  const refusal = { name: "MlsClientError", code: "bad_message", message: /it is a commit/ };
  await assert.rejects(group.decrypt(commit), refusal);
});

Deno.test("a client refuses a joiner whose external_init has a KEM output of small order", async () => {
  const { world, devices } = shared;
  const stranger = await new World().device(newId());
  const info = decodeGroupInfo(world.groupInfo);
  const joiner = await joinerOf(stranger.store, stranger.mls, info);
  const externalInit = { kemOutput: SMALL_ORDER_KEYS["0"] };
  const { commit } = await forgeCommit(joiner, {
    proposals: [{ proposalType: "external_init", externalInit }],
  });
  const processing = (await devices[2].group()).processCommit(commit);
  await assert.rejects(processing, badCommit(/a KEM output: .*small order/));
});

const trees: [string, RegExp, (tree: RatchetTree) => Forgery][] = [
  ["a leaf that nobody signed", /signature of leaf 1/, () => ({
    signedLeaf: () => ({ signature: new Uint8Array(64) }),
  })],
  ["a leaf that is signed for another place", /signature of leaf 2/, () => ({
    infoTree: (tree) => exchanged(tree, 2, 4),
    infoSigner: 2,
  })],
  ["a leaf whose key another leaf has", /encryption key is there twice/, (tree) => ({
    leaf: () => ({ hpkePublicKey: leafOf(tree, 8).hpkePublicKey }),
  })],
  ["a leaf whose key a parent has", /encryption key is there twice/, () => ({
    infoTree: (tree) => withParent(tree, 1, { hpkePublicKey: leafOf(tree, 8).hpkePublicKey }),
  })],
  ["two leaves with one signature key", /signature key is there twice/, (tree) => ({
    infoTree: (after) =>
      withLeaf(after, 8, {
        signaturePublicKey: leafOf(tree, 4).signaturePublicKey,
      }),
  })],
  ["a device that is there twice", /device is there twice/, (tree) => ({
    infoTree: (after) => withLeaf(after, 8, { credential: leafOf(tree, 4).credential }),
  })],
  ["a leaf key of small order", /small order/, () => ({
    infoTree: (tree) => withLeaf(tree, 8, { hpkePublicKey: SMALL_ORDER_KEYS["0"] }),
  })],
  ["a parent key of small order", /small order/, () => ({
    infoTree: (tree) => withParent(tree, 1, { hpkePublicKey: SMALL_ORDER_KEYS["p + 1"] }),
  })],
  ["a parent key that no Commit set", /parent hash/, () => ({
    infoTree: (tree) => withParent(tree, 3, { hpkePublicKey: randomKey() }),
  })],
  ["a parent hash that is made up", /parent hash/, () => ({
    infoTree: (tree) => withParent(tree, 1, { parentHash: randomKey() }),
  })],
  ["an unmerged leaf that is not below", /not below it/, () => ({
    infoTree: (tree) => withParent(tree, 1, { unmergedLeaves: [4] }),
  })],
  ["an unmerged leaf that a node between does not list", /does not list/, () => ({
    infoTree: (tree) => withParent(tree, 3, { unmergedLeaves: [0] }),
  })],
  ["unmerged leaves that are not in order", /not in order/, () => ({
    infoTree: (tree) => withParent(tree, 3, { unmergedLeaves: [1, 0] }),
  })],
  ["another cipher suite", /another cipher suite/, () => ({
    infoContext: () => ({ cipherSuite: "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448" }),
  })],
  ["another tree hash", /tree hash/, () => ({ infoContext: () => ({ treeHash: randomKey() }) })],
  ["an external_pub of small order", /small order/, () => ({
    externalPub: SMALL_ORDER_KEYS["1"],
  })],
  ["a signer who is not in the tree", /signer 20 is not/, () => ({ infoSigner: 20 })],
  ["the signature of another", /signature does not verify/, () => ({ infoSigner: 4 })],
  ["a leaf that cannot read our credentials", /cannot read our credentials/, () => ({
    leaf: ({ capabilities }) => ({ capabilities: { ...capabilities, credentials: ["x509"] } }),
  })],
];
for (const [name, message, forge] of trees) {
  Deno.test(`a client joins no group that has ${name}`, async () => {
    const { world, devices } = shared;
    const forger = await memberOf(devices[1].store, world.chatId);
    const { groupInfo } = await forgeCommit(forger, forge(forger.tree));
    const stranger = await new World().device(newId());
    const joining = stranger.mls.joinExternally(world.chatId, groupInfo);
    await assert.rejects(joining, { name: "MlsClientError", code: "bad_group_info", message });
  });
}

/**
 * Three devices, the third of which commits: its path skips node 5, whose other leaf is blank, so
 * its leaf leads straight to the root.
 */
async function threeDevices() {
  const world = new World();
  const user = newId();
  const devices: Device[] = [];
  for (let i = 0; i < 3; i++) devices.push(await world.device(user));
  const group = await devices[0].create();
  const [, ...add] = world.claim(user);
  const staged = await group.stage({ add });
  assert.equal(await world.commit(staged), true);
  await devices[2].join();
  return { world, forger: await memberOf(devices[2].store, world.chatId) };
}

const uncovered: [string, (tree: RatchetTree, leaf: RatchetTree[number]) => RatchetTree][] = [
  ["with a device below a parent that never received its key", (tree, leaf) => {
    return Array.from({ length: 7 }, (_, index) => index === 6 ? leaf : tree[index]);
  }],
  ["with a parent that was set by a leaf that is not merged into it", (tree) => {
    return withParent(tree, 3, { unmergedLeaves: [2] });
  }],
];
for (const [name, forged] of uncovered) {
  Deno.test(`a client joins no group ${name}`, async () => {
    const { world, forger } = await threeDevices();
    const { leafNode: leaf } = decodeKeyPackage(await forgeKeyPackage());
    const infoTree = (tree: RatchetTree) => forged(tree, { nodeType: "leaf", leaf });
    const stranger = await new World().device(newId());
    const join = async (forgery: Forgery) => {
      const { groupInfo } = await forgeCommit(forger, forgery);
      return await stranger.mls.joinExternally(world.chatId, groupInfo);
    };
    assert.ok((await join({})).staged.commit, "when nothing is forged");
    const message = /parent hash of node 3/;
    await assert.rejects(join({ infoTree }), { code: "bad_group_info", message });
  });
}

Deno.test("a client joins the forger's group when nothing is forged", async () => {
  const { world, devices } = shared;
  const { groupInfo } = await forgeCommit(await memberOf(devices[1].store, world.chatId));
  const stranger = await new World().device(newId());
  assert.ok((await stranger.mls.joinExternally(world.chatId, groupInfo)).staged.commit);
});

/** Returns an external Commit as the library of a device makes it that may remove anyone. */
async function externalCommit(
  world: World,
  { mls, store }: Device,
  former: number | undefined,
): Promise<string> {
  const [publicKey, signKey] = unpackParts((await store.read("device/signature"))!);
  const { userId, deviceId } = mls;
  const owner = { userId, deviceId, signature: { publicKey, signKey } };
  const { keyPackage, keys } = await makeKeyPackage(owner, false, Date.now());
  const info = decodeGroupInfo(world.groupInfo);
  const suite = await cipherSuite();
  const { message } = await joinExternally(info, keyPackage, keys, former, suite, config);
  return encodeWire(message);
}

async function stateOf({ chatId }: World, { store }: Device): Promise<ClientState> {
  return (await readRecord(store, chatId, config))!.record.state;
}

async function commitOf(
  state: ClientState,
  wireAsPublicMessage = true,
  extraProposals: Proposal[] = [],
  suite?: CiphersuiteImpl,
): Promise<string> {
  const context = { state, cipherSuite: suite ?? await cipherSuite() };
  return encodeWire((await createCommit(context, { wireAsPublicMessage, extraProposals })).commit);
}

function leafOf(tree: RatchetTree, node: number) {
  const found = tree[node];
  assert.ok(found?.nodeType === "leaf");
  return found.leaf;
}

function withLeaf(tree: RatchetTree, node: number, changes: object): RatchetTree {
  return tree.with(node, { nodeType: "leaf", leaf: { ...leafOf(tree, node), ...changes } });
}

function withParent(tree: RatchetTree, node: number, changes: object): RatchetTree {
  const found = tree[node];
  assert.ok(found?.nodeType === "parent");
  return tree.with(node, { nodeType: "parent", parent: { ...found.parent, ...changes } });
}

function exchanged(tree: RatchetTree, a: number, b: number): RatchetTree {
  return tree.with(a, tree[b]).with(b, tree[a]);
}

function randomKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}
