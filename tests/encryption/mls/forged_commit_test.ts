import assert from "node:assert/strict";
import {
  createProposal,
  type GroupInfo as WireGroupInfo,
  type Proposal,
  type RatchetTree,
} from "ts-mls";
import { fromBase64Url, utf8 } from "../../../src/client/mls/encoding.ts";
import type { StagedCommit } from "../../../src/client/mls/staged_commit.ts";
import { readRecord } from "../../../src/client/mls/group_record.ts";
import { cipherSuite, clientConfig } from "../../../src/client/mls/suite.ts";
import { decodeGroupInfo, decodeKeyPackage, encodeWire } from "../../../src/client/mls/wire.ts";
import { newId } from "../../../src/core/ids.ts";
import { checkCommit, type CommitEffect } from "../../../src/encryption/mls/commit_check.ts";
import { parseGroupInfo } from "../../../src/encryption/mls/group_info.ts";
import { parseFramedMessage, type PublicMessage } from "../../../src/encryption/mls/mls_message.ts";
import { type Device, threePeople, World } from "../../client/mls/world.ts";
import { forgeCommit, type Forger, type Forgery, joinerOf, memberOf } from "../forged_commit.ts";
import { forgeKeyPackage } from "../forged_key_package.ts";
import { SMALL_ORDER_KEYS } from "../small_order_keys.ts";

/**
 * Members whose messages are signed and hashed correctly but are wrong inside, so that only the
 * check for that fault can find it.
 */
interface Setting {
  world: World;
  devices: Device[];
  users: string[];
  /** The device at leaf 1, of the creator's user. */
  forger: Forger;
  tree: RatchetTree;
}

/** Six devices, each of which has committed once, so that most parents are set. */
async function setting(): Promise<Setting> {
  const { world, devices, users } = await threePeople();
  for (const device of devices) await device.change((group) => group.stage({}));
  for (const device of devices) await device.catchUp();
  const forger = await memberOf(devices[1].store, world.chatId);
  return { world, devices, users, forger, tree: forger.tree };
}

const shared = await setting();

const strangersKey = (await keyPair()).signKey;

async function verdict(staged: StagedCommit, before?: string): Promise<CommitEffect> {
  const message = parseFramedMessage(fromBase64Url(staged.commit)) as PublicMessage;
  const old = before === undefined ? undefined : parseGroupInfo(fromBase64Url(before));
  const after = parseGroupInfo(fromBase64Url(staged.groupInfo));
  return await checkCommit(message, after, old, Date.now());
}

type Forge = (setting: Setting) => Forgery | Promise<Forgery>;

function refused(title: string, message: RegExp, forge: Forge): void {
  Deno.test(`the server refuses a Commit ${title}`, async () => {
    const { world, forger, ...rest } = shared;
    const staged = await forgeCommit(forger, await forge({ world, forger, ...rest }));
    const expected = { name: "AppError", code: "invalid_request", message };
    await assert.rejects(verdict(staged, world.groupInfo), expected);
  });
}

Deno.test("the server accepts the forger's Commit when nothing is forged", async () => {
  const { world, forger, devices } = shared;
  const plain = await verdict(await forgeCommit(forger), world.groupInfo);
  assert.equal(plain.committer.deviceId, devices[1].mls.deviceId);
  const add = await verdict(
    await forgeCommit(forger, { proposals: [await anAdd()], withoutPath: true }),
    world.groupInfo,
  );
  assert.equal(add.added.length, 1);
  const removal = await forgeCommit(forger, { proposals: [remove(4)] });
  assert.equal((await verdict(removal, world.groupInfo)).removed.length, 1);
});

for (const node of [1, 3, 5, 7, 9]) {
  refused(`whose GroupInfo has another key in node ${node}`, /ratchet_tree: parent/, () => ({
    infoTree: (tree) => withKey(tree, node, randomKey()),
  }));
  refused(
    `whose GroupInfo has another parent hash in node ${node}`,
    /ratchet_tree: parent/,
    () => ({
      infoTree: (tree) => withParent(tree, node, { parentHash: randomKey() }),
    }),
  );
}
refused("whose GroupInfo lists a leaf as unmerged that is not", /ratchet_tree: parent/, () => ({
  infoTree: (tree) => withParent(tree, 3, { unmergedLeaves: [0] }),
}));
refused("whose GroupInfo lacks a parent", /ratchet_tree: parent/, () => ({
  infoTree: (tree) => tree.with(9, undefined),
}));
refused(
  "whose GroupInfo has a parent where the tree is blank",
  /ratchet_tree: parent/,
  ({ tree }) => ({
    infoTree: (after) => after.with(11, tree[3]),
  }),
);
refused("whose GroupInfo leaves a member out", /ratchet_tree: leaf 4/, () => ({
  infoTree: (tree) => tree.with(8, undefined),
}));
refused("whose GroupInfo names another tree hash", /tree_hash/, () => ({
  infoContext: () => ({ treeHash: randomKey() }),
}));
refused("with a wrong parent hash in its own leaf", /parent_hash/, () => ({
  leaf: () => ({ parentHash: randomKey() } as object),
}));
refused("without a parent hash in its own leaf", /parent_hash/, () => ({
  leaf: () => ({ parentHash: new Uint8Array() } as object),
}));
refused("whose path lacks a node", /update_path\.nodes/, () => ({
  nodes: (nodes) => nodes.slice(1),
}));
refused("whose path has one node too many", /update_path\.nodes/, () => ({
  nodes: (nodes) => [...nodes, { ...nodes[0], hpkePublicKey: randomKey() }],
}));
refused("whose path has another key than the tree", /parent_hash/, () => ({
  nodes: (nodes) => nodes.map((node) => ({ ...node, hpkePublicKey: randomKey() })),
}));
refused("whose path leaves a recipient out", /encrypted_path_secret/, () => ({
  nodes: (nodes) => nodes.with(-1, { ...nodes.at(-1)!, encryptedPathSecret: [] }),
}));
refused("whose path encrypts to one recipient too many", /encrypted_path_secret/, () => ({
  nodes: (nodes) => {
    const [secret] = nodes[0].encryptedPathSecret;
    return nodes.with(0, { ...nodes[0], encryptedPathSecret: [secret, secret] });
  },
}));
refused("whose path has a key that is already in the tree", /in the tree already/, ({ tree }) => ({
  nodes: (nodes) => nodes.with(0, { ...nodes[0], hpkePublicKey: keyOf(tree, 9) }),
}));
refused(
  "whose path leaf has the key of another leaf",
  /encryption_key occurs twice/,
  ({ tree }) => ({
    leaf: () => ({ hpkePublicKey: keyOf(tree, 8) }),
  }),
);
refused(
  "whose path leaf has another encoding of that key",
  /encryption_key occurs twice/,
  ({ tree }) => ({
    leaf: () => ({ hpkePublicKey: withHighestBit(keyOf(tree, 8)) }),
  }),
);
refused(
  "whose path leaf has an unchanged key",
  /encryption_key: it is unchanged/,
  ({ tree }) => ({
    leaf: () => ({ hpkePublicKey: keyOf(tree, 2) }),
  }),
);
refused("whose path leaf is for another device", /another device/, ({ tree }) => ({
  leaf: () => ({ credential: leafOf(tree, 8).credential }),
}));
refused("whose path leaf is the user's other device", /another device/, ({ tree }) => ({
  leaf: () => ({ credential: leafOf(tree, 0).credential }),
}));
refused("whose path leaf has another signature key", /another device/, async () => {
  const { publicKey, signKey } = await keyPair();
  const leaf = () => ({ signaturePublicKey: publicKey });
  return { leaf, leafSignKey: signKey, infoSignKey: signKey };
});
refused("whose path leaf is not signed", /commit\.path\.signature/, () => ({
  signedLeaf: () => ({ signature: new Uint8Array(64) }),
}));
refused("whose path leaf was changed after it was signed", /commit\.path\.signature/, () => ({
  signedLeaf: () => ({ hpkePublicKey: randomKey() }),
}));
refused("whose path leaf cannot use suite 1", /cipher_suites/, () => ({
  leaf: ({ capabilities }) => ({ capabilities: { ...capabilities, ciphersuites: [] } }),
}));
refused("whose transcript hash is invented", /confirmed_transcript_hash/, () => ({
  infoContext: () => ({ confirmedTranscriptHash: randomKey() }),
}));
refused("whose GroupInfo has another confirmation tag", /confirmation_tag/, () => ({
  infoTag: randomKey(),
}));
refused(
  "that is signed with another key, though all inside it is right",
  /auth\.signature/,
  () => ({
    commitSignKey: strangersKey,
  }),
);
refused("with a confirmation tag of 31 bytes", /confirmation_tag: it has 31 bytes/, () => ({
  tag: new Uint8Array(31),
}));
refused(
  "whose GroupInfo is of another generation of the chat's group",
  /group_id/,
  ({ world }) => ({
    infoContext: () => ({ groupId: utf8(`${world.chatId}/1`) }),
  }),
);
refused("without proposals and without a path", /commit\.path: it is missing/, () => ({
  withoutPath: true,
}));
refused("that lets outsiders propose", /external_senders/, () => ({
  infoContext: () => ({ extensions: [extension("external_senders")] }),
}));
refused("that changes the group's extensions", /extensions: they have changed/, () => ({
  infoContext: () => ({ extensions: [extension("required_capabilities")] }),
}));
refused(
  "that skips an epoch",
  /epoch/,
  () => ({ infoContext: ({ epoch }) => ({ epoch: epoch + 1n }) }),
);
refused("whose GroupInfo is for another chat", /group_id/, () => ({
  infoContext: () => ({ groupId: utf8(newId()) }),
}));
refused("whose GroupInfo is signed by another member", /signer/, async ({ devices, world }) => {
  const other = await memberOf(devices[3].store, world.chatId);
  return { infoSigner: other.leafIndex, infoSignKey: other.signKey };
});
refused(
  "whose GroupInfo is signed in another member's name",
  /signature/,
  () => ({ infoSigner: 3 }),
);
refused(
  "whose GroupInfo is not signed by its signer",
  /group_info\.signature/,
  async ({ devices, world }) => {
    return { infoSignKey: (await memberOf(devices[3].store, world.chatId)).signKey };
  },
);
refused("that removes its sender", /cannot remove itself/, () => ({ proposals: [remove(1)] }));
refused("that removes a leaf twice", /no leaf 4/, () => ({ proposals: [remove(4), remove(4)] }));
refused("that removes without a path", /commit\.path/, () => ({
  proposals: [remove(4)],
  withoutPath: true,
}));
refused("that renews another's leaf", /update is not allowed/, ({ tree }) => ({
  proposals: [{ proposalType: "update", update: { leafNode: leafOf(tree, 8) } } as never],
}));
for (const psktype of ["external", "resumption"] as const) {
  refused(`with a pre-shared key (${psktype})`, /psk is not allowed/, () => {
    const [pskNonce, pskId] = [randomKey(), randomKey()];
    const resumption = { usage: "application", pskGroupId: pskId, pskEpoch: 1n };
    const preSharedKeyId = {
      psktype,
      pskNonce,
      ...psktype === "external" ? { pskId } : resumption,
    };
    return { proposals: [{ proposalType: "psk", psk: { preSharedKeyId } } as never] };
  });
}
refused("that changes extensions by proposal", /group_context_extensions is not allowed/, () => ({
  proposals: [{
    proposalType: "group_context_extensions",
    groupContextExtensions: { extensions: [] },
  }],
}));
refused(
  "that adds a leaf with a key of the tree",
  /encryption_key occurs twice/,
  async ({ tree }) => ({
    proposals: [await anAdd({ hpkePublicKey: keyOf(tree, 8) })],
  }),
);
refused("that adds two leaves with one key", /encryption_key occurs twice/, async () => {
  const hpkePublicKey = randomKey();
  return { proposals: [await anAdd({ hpkePublicKey }), await anAdd({ hpkePublicKey })] };
});
refused(
  "that adds a leaf with a signature key of the tree",
  /signature_key occurs twice/,
  async ({ devices, world }) => {
    const signKey = (await memberOf(devices[4].store, world.chatId)).signKey;
    return { proposals: [await anAdd({}, { publicKey: devices[4].mls.signatureKey, signKey })] };
  },
);
refused("that adds an existing device", /device occurs twice/, async ({ devices }) => {
  const { credential } = leafOf(shared.tree, 8);
  assert.ok(devices.length > 4);
  return { proposals: [await anAdd({ credential })] };
});
refused("that adds a device from the future", /not_before/, async () => {
  const now = BigInt(Math.floor(Date.now() / 1000));
  const lifetime = { notBefore: now + 60n, notAfter: now + 600n };
  return { proposals: [await anAdd({ lifetime } as object)] };
});

refused("whose GroupInfo is signed by a missing leaf", /no leaf 60/, () => ({
  infoSigner: 60,
}));
refused("whose GroupInfo is for another cipher suite", /cipher_suite/, () => ({
  infoContext: () => ({ cipherSuite: "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448" }),
}));

Deno.test("the server refuses a Commit of a missing leaf", async () => {
  const { world, forger } = shared;
  const { leafIndex } = forger;
  const staged = await forgeCommit(forger, { senderIndex: 60 });
  assert.notEqual(leafIndex, 60);
  await assert.rejects(verdict(staged, world.groupInfo), {
    code: "invalid_request",
    message: /leaf/,
  });
});

Deno.test("the server refuses a proposal instead of a Commit", async () => {
  const { world, devices, forger } = shared;
  const stored = await readRecord(devices[1].store, world.chatId, clientConfig(() => true));
  const { state } = stored!.record;
  const { message } = await createProposal(state, true, remove(4), await cipherSuite());
  const { groupInfo } = await forgeCommit(forger);
  const staged = { epoch: Number(forger.context.epoch), commit: encodeWire(message), groupInfo };
  const expected = { code: "invalid_request", message: /proposal is not commit/ };
  await assert.rejects(verdict(staged, world.groupInfo), expected);
});

for (const [name, key] of Object.entries(SMALL_ORDER_KEYS)) {
  const fault = /small order/;
  refused(
    `with ${name} as its leaf's key`,
    fault,
    () => ({ leaf: () => ({ hpkePublicKey: key }) }),
  );
  refused(`with ${name} in its path`, fault, () => ({
    nodes: (nodes) => nodes.with(1, { ...nodes[1], hpkePublicKey: key }),
  }));
  refused(`with ${name} as external_pub`, fault, () => ({ externalPub: key }));
  refused(`with ${name} as a kem_output`, fault, () => ({
    nodes: (nodes) => {
      const [secret, ...others] = nodes[0].encryptedPathSecret;
      const encryptedPathSecret = [{ ...secret, kemOutput: key }, ...others];
      return nodes.with(0, { ...nodes[0], encryptedPathSecret });
    },
  }));
  refused(`that adds a leaf with ${name} as its key`, fault, async () => ({
    proposals: [await anAdd({ hpkePublicKey: key })],
  }));
  Deno.test(`the server refuses an external Commit with ${name} as kem_output`, async () => {
    const { world, info, joiner } = await aJoiner();
    assert.ok(info);
    const proposals = [externalInit(key)];
    const staged = await forgeCommit(joiner, { proposals });
    await assert.rejects(verdict(staged, world.groupInfo), { message: fault });
  });
}

Deno.test("the server applies the same rules to a device that joins by itself", async () => {
  const { world, joiner, tree } = await aJoiner();
  const init = externalInit(randomKey());
  const join = async (forgery: Forgery) => {
    const staged = await forgeCommit(joiner, { proposals: [init], ...forgery });
    return await verdict(staged, world.groupInfo);
  };
  assert.equal((await join({})).external, true);
  const cases: [Forgery, RegExp][] = [
    [{ proposals: [] }, /one external_init/],
    [{ proposals: [init, init] }, /one external_init/],
    [{ proposals: [init, remove(4)] }, /only the joiner's own leaf/],
    [{ leaf: () => ({ parentHash: randomKey() } as object) }, /parent_hash/],
    [{ leaf: () => ({ credential: leafOf(tree, 8).credential }) }, /device occurs twice/],
    [{ leaf: () => ({ hpkePublicKey: keyOf(tree, 8) }) }, /encryption_key occurs twice/],
    [{ infoTree: (after) => withKey(after, 3, randomKey()) }, /ratchet_tree: parent/],
    [{ infoContext: () => ({ confirmedTranscriptHash: randomKey() }) }, /transcript_hash/],
    [{ signedLeaf: () => ({ signature: new Uint8Array(64) }) }, /signature/],
    [{ infoSigner: 3 }, /signature|signer/],
    [{ commitSignKey: strangersKey }, /auth\.signature/],
    [{ proposals: [init, remove(60)] }, /no leaf 60/],
    [{ proposals: [init, await anAdd()] }, /add is not allowed/],
  ];
  for (const [forgery, message] of cases) await assert.rejects(join(forgery), { message });
});

Deno.test("the first Commit of a group is checked as far as the server can", async () => {
  const world = new World();
  const creator = await world.device(newId());
  await creator.create();
  const forger = await memberOf(creator.store, world.chatId);
  const add = await anAdd();
  const first = async (forgery: Forgery) => await verdict(await forgeCommit(forger, forgery));
  const proposals = [add];
  assert.equal((await first({ proposals })).added.length, 2);
  assert.equal((await first({ proposals, withoutPath: true })).added.length, 2);
  const cases: [Forgery, RegExp][] = [
    [{ infoTree: (tree) => withKey(tree, 1, randomKey()) }, /ratchet_tree: parent/],
    [{ leaf: () => ({ parentHash: randomKey() } as object) }, /parent_hash/],
    [{ signedLeaf: () => ({ signature: new Uint8Array(64) }) }, /path\.signature/],
    [{ infoTag: randomKey() }, /confirmation_tag/],
    [{ infoContext: () => ({ extensions: [extension("external_senders")] }) }, /external_senders/],
    [{
      infoContext: () => ({
        extensions: [extension("required_capabilities", [2, 0x0a, 0x0b, 0, 0])],
      }),
    }, /does not support/],
    [{
      infoContext: () => ({ extensions: [{ extensionType: 0x7777, extensionData: randomKey() }] }),
    }, /does not support/],
  ];
  for (const [forgery, message] of cases) {
    await assert.rejects(first({ proposals, ...forgery }), { message });
  }
  const alone: Forgery = { leaf: () => ({ leafNodeSource: "update" } as object) };
  await assert.rejects(verdict(await forgeCommit(forger, alone)), { message: /leaf_node_source/ });
  const unsigned = (tree: RatchetTree) => {
    const leaf = { ...leafOf(tree, 0), signature: new Uint8Array(64) };
    return tree.with(0, { nodeType: "leaf", leaf });
  };
  await assert.rejects(
    first({ proposals, withoutPath: true, infoTree: unsigned }),
    { message: /leaf_node\.signature/ },
  );
  await assert.rejects(
    first({ proposals, withoutPath: true, infoTree: (tree) => tree.with(0, undefined) }),
    { message: /creator's leaf is missing/ },
  );
  const byOther = await forgeCommit(forger, { proposals, senderIndex: 1 });
  await assert.rejects(verdict(byOther), { message: /at leaf 0/ });
  const byJoiner = await forgeCommit({ ...forger, isExternal: true }, {
    proposals: [externalInit(randomKey())],
  });
  await assert.rejects(verdict(byJoiner), { message: /at leaf 0/ });
  const otherSigner: Forger = { ...forger, signKey: (await keyPair()).signKey };
  await assert.rejects(
    verdict(
      await forgeCommit(otherSigner, { proposals, withoutPath: true, infoSignKey: forger.signKey }),
    ),
    { message: /auth\.signature/ },
  );
});

async function aJoiner() {
  const { world, tree } = shared;
  const device = await new World().device(newId());
  const info: WireGroupInfo = decodeGroupInfo(world.groupInfo);
  const { userId, deviceId } = device.mls;
  const joiner = await joinerOf(device.store, { userId, deviceId }, info);
  return { world, tree, info, joiner };
}

async function keyPair() {
  const { signature } = await cipherSuite();
  return await signature.keygen();
}

/** Returns an Add of a new device, its leaf changed before it is signed. */
async function anAdd(
  leaf: Partial<ReturnType<typeof leafOf>> = {},
  signature?: { publicKey: Uint8Array; signKey: Uint8Array },
): Promise<Proposal> {
  const keyPackage = decodeKeyPackage(await forgeKeyPackage({ leaf, signature }));
  return { proposalType: "add", add: { keyPackage } };
}

function remove(removed: number): Proposal {
  return { proposalType: "remove", remove: { removed } };
}

function externalInit(kemOutput: Uint8Array): Proposal {
  return { proposalType: "external_init", externalInit: { kemOutput } };
}

function extension(extensionType: "external_senders" | "required_capabilities", data = [0, 0, 0]) {
  return { extensionType, extensionData: Uint8Array.from(data) };
}

function leafOf(tree: RatchetTree, node: number) {
  const found = tree[node];
  assert.ok(found?.nodeType === "leaf");
  return found.leaf;
}

function keyOf(tree: RatchetTree, node: number): Uint8Array {
  const found = tree[node];
  assert.ok(found, `node ${node} is blank`);
  return found.nodeType === "leaf" ? found.leaf.hpkePublicKey : found.parent.hpkePublicKey;
}

function withKey(tree: RatchetTree, node: number, hpkePublicKey: Uint8Array): RatchetTree {
  return withParent(tree, node, { hpkePublicKey });
}

function withParent(tree: RatchetTree, node: number, changes: object): RatchetTree {
  const found = tree[node];
  assert.ok(found?.nodeType === "parent", `node ${node} is no parent`);
  return tree.with(node, { nodeType: "parent", parent: { ...found.parent, ...changes } });
}

function withHighestBit(key: Uint8Array): Uint8Array {
  const other = key.slice();
  other[31] |= 0x80;
  return other;
}

/** Returns 32 random bytes, which are valid as an X25519 key. */
function randomKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}
