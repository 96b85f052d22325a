import assert from "node:assert/strict";
import type { RatchetTree } from "ts-mls";
import { memoryKeyStore } from "../../src/client/mls/key_store.ts";
import { deviceSignatureKey } from "../../src/client/mls/mls_device.ts";
import { newId } from "../../src/core/ids.ts";
import type { HttpAnswer } from "../support/http_client.ts";
import type { MlsGroup } from "../../src/client/mls/mls_group.ts";
import { forgeCommit, type Forgery, joinerOf, memberOf } from "../encryption/forged_commit.ts";
import { forgeWelcome } from "../encryption/forged_welcome.ts";
import { decodeGroupInfo, decodeKeyPackage } from "../../src/client/mls/wire.ts";
import { forgeKeyPackage } from "../encryption/forged_key_package.ts";
import { RawDevice } from "../encryption/raw_device.ts";
import { SMALL_ORDER_KEYS } from "../encryption/small_order_keys.ts";
import type { RunningApp } from "../support/running_app.ts";
import { attacks, REST } from "./attacks.ts";

const attack = attacks();

const randomKey = () => crypto.getRandomValues(new Uint8Array(32));

const mistakes: [string, Forgery][] = [
  ["a parent node that is changed in the GroupInfo", { infoTree: withOtherRoot }],
  ["a wrong parent hash in the own leaf", { leaf: () => ({ parentHash: randomKey() } as object) }],
  ["an external_pub of small order", { externalPub: SMALL_ORDER_KEYS["1"] }],
  ["a leaf key of small order", { leaf: () => ({ hpkePublicKey: SMALL_ORDER_KEYS["p - 1"] }) }],
];
for (const [name, forgery] of mistakes) {
  attack(REST, `a plain member cannot end an encrypted group with ${name}`, async (app) => {
    const { owner, evil, evils, group } = await aGroup(app);
    const { chatId } = group;
    const forged = await forgeCommit(await memberOf(evil.store, chatId), forgery);
    const answer = await evil.post(chatId, forged);
    assert.deepEqual([answer.status, answer.body.code], [400, "invalid_request"]);
    await owner.commit(group, { removeUserIds: [evils] });
    assert.equal(group.roster().length, 1);
  });
}

attack(REST, "a device cannot be added under the key of another leaf", async (app) => {
  const { owner, evil, group, evils } = await aGroup(app);
  const { tree } = await memberOf(owner.store, group.chatId);
  const [first] = tree;
  assert.ok(first?.nodeType === "leaf");
  const second = await RawDevice.make(app, evil.person, 0);
  const keyPackage = await forgeKeyPackage({
    owner: { userId: evils, deviceId: second.id },
    signature: await second.signatureKeys(),
    leaf: { hpkePublicKey: first.leaf.hpkePublicKey },
  });
  const add = { keyPackage: decodeKeyPackage(keyPackage) };
  const forged = await forgeCommit(await memberOf(evil.store, group.chatId), {
    proposals: [{ proposalType: "add", add }],
  });
  const welcome = { deviceIds: [second.id], message: await forgeWelcome([keyPackage]) };
  const answer = await evil.post(group.chatId, { ...forged, welcome });
  assert.deepEqual([answer.status, answer.body.code], [400, "invalid_request"]);
  await owner.commit(group, { removeUserIds: [evils] });
});

attack(
  REST,
  "a member cannot be added or join with a key other than the registered device's",
  async (app) => {
    const { owner, evil, evils, group } = await aGroup(app);
    const { chatId } = group;
    const { bob } = await app.people("bob");
    const bobs = await RawDevice.make(app, bob, 0);
    const identities = [
      { userId: bob.id, deviceId: bobs.id },
      { userId: evils, deviceId: bobs.id },
      { userId: evils, deviceId: newId() },
    ];
    for (const identity of identities) {
      const keyPackage = await forgeKeyPackage({ owner: identity });
      const add = { keyPackage: decodeKeyPackage(keyPackage) };
      const forged = await forgeCommit(await memberOf(owner.store, chatId), {
        proposals: [{ proposalType: "add", add }],
      });
      const welcome = { deviceIds: [identity.deviceId], message: await forgeWelcome([keyPackage]) };
      const addUserIds = identity.userId === bob.id ? [bob.id] : [];
      refused(
        await owner.post(chatId, { ...forged, welcome, addUserIds }),
        /not a registered device/,
      );
    }
    const { body } = await evil.http.get(`/api/chats/${chatId}/mls/group-info`);
    const info = decodeGroupInfo(body.groupInfo);
    const kemOutput = crypto.getRandomValues(new Uint8Array(32));
    const proposals = [{ proposalType: "external_init", externalInit: { kemOutput } } as const];
    // Devices of eve: one is not registered, and one is registered with another key.
    const second = await RawDevice.make(app, evil.person, 0);
    const otherKey = memoryKeyStore();
    await deviceSignatureKey(otherKey);
    const joins = [[second.store, newId()], [otherKey, second.id]] as const;
    for (const [store, deviceId] of joins) {
      const joiner = await joinerOf(store, { userId: evils, deviceId }, info);
      const forged = await forgeCommit(joiner, { proposals });
      refused(await evil.post(chatId, forged), /not a registered device/);
    }
    const joiner = await joinerOf(second.store, { userId: evils, deviceId: second.id }, info);
    const forged = await forgeCommit(joiner, { proposals });
    const asOwner = await owner.post(chatId, forged);
    assert.deepEqual([asOwner.status, asOwner.body.code], [403, "forbidden"], "for another person");
    assert.equal((await evil.post(chatId, forged)).status, 201);
  },
);

attack(REST, "a user blocked in a direct chat cannot restart its group", async (app) => {
  const { ann, eve } = await app.people("ann", "eve");
  const [anns, eves] = [await RawDevice.make(app, ann), await RawDevice.make(app, eve)];
  const { body: chat } = await eves.http.post("/api/chats", { userId: ann.id, encrypted: true });
  const group = await eves.mls.createGroup(chat.id);
  const staged = await group.stage({ add: await eves.claim(ann.id) });
  const withOther = { ...staged, addUserIds: [ann.id] };
  refused(await eves.post(chat.id, withOther), /a direct chat always has its two members/);
  assert.equal((await eves.post(chat.id, { ...staged, addUserIds: [] })).status, 201);
  assert.equal((await anns.http.post("/api/users/block", { userId: eve.id })).status, 200);
  const { staged: restart } = await eves.mls.restart(chat.id, 1, []);
  const { commit, groupInfo } = restart;
  const body = { generation: 1, commit, groupInfo, clientId: newId() };
  const answer = await eves.http.post(`/api/chats/${chat.id}/mls/restart`, body);
  assert.deepEqual([answer.status, answer.body.code], [403, "forbidden"]);
});

attack(
  REST,
  "a key package that would harm the client that adds its device is rejected",
  async (app) => {
    const { ann } = await app.people("ann");
    const anns = await RawDevice.make(app, ann, 0);
    const [owner, signature] = [{ userId: ann.id, deviceId: anns.id }, await anns.signatureKeys()];
    const upload = async (forgery: Parameters<typeof forgeKeyPackage>[0]) => {
      const keyPackage = await forgeKeyPackage({ owner, signature, ...forgery });
      return await anns.upload({ keyPackages: [keyPackage] });
    };
    assert.equal((await upload({})).status, 200);
    const seconds = BigInt(Math.floor(Date.now() / 1000));
    const lifetime = { notBefore: seconds + 1_800n, notAfter: seconds + 86_400n };
    const future = await upload({ leaf: { lifetime } as object });
    assert.deepEqual([future.status, future.body.code], [400, "invalid_request"]);
    for (const [name, key] of Object.entries(SMALL_ORDER_KEYS)) {
      const asInit = await upload({ fields: { initKey: key } });
      const asLeaf = await upload({ leaf: { hpkePublicKey: key } });
      assert.deepEqual([asInit.status, asLeaf.status], [400, 400], name);
    }
  },
);

function refused(answer: HttpAnswer, detail: RegExp): void {
  const { status, body } = answer;
  assert.deepEqual([status, body.code], [400, "invalid_request"], JSON.stringify(body));
  assert.match(JSON.stringify(body), detail);
}

function withOtherRoot(tree: RatchetTree): RatchetTree {
  const root = tree[1];
  assert.ok(root?.nodeType === "parent");
  const parent = { ...root.parent, hpkePublicKey: randomKey() };
  return tree.with(1, { nodeType: "parent", parent });
}

/** Creates a group of its owner and a plain member. */
async function aGroup(app: RunningApp) {
  const { ann, eve } = await app.people("ann", "eve");
  const [owner, evil] = [await RawDevice.make(app, ann), await RawDevice.make(app, eve)];
  const group: MlsGroup = await owner.newGroup();
  await owner.commit(group, { add: await owner.claim(eve.id) });
  await evil.join(group.chatId);
  return { owner, evil, evils: eve.id, group };
}
