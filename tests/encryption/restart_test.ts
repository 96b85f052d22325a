import assert from "node:assert/strict";
import { utf8 } from "../../src/client/mls/encoding.ts";
import { DatabaseSync } from "node:sqlite";
import type { GroupInfo, RatchetTree } from "ts-mls";
import { ratchetTreeFromExtension, signGroupInfo } from "ts-mls/groupInfo.js";
import { encodeRatchetTree } from "ts-mls/ratchetTree.js";
import { treeHashRoot } from "ts-mls/treeHash.js";
import type { Restart } from "../../src/client/mls/mls_device.ts";
import { cipherSuite } from "../../src/client/mls/suite.ts";
import { decodeGroupInfo, encodeWire } from "../../src/client/mls/wire.ts";
import { newId } from "../../src/core/ids.ts";
import { clientOf, type TestClient } from "../client/people.ts";
import { eventually } from "../support/eventually.ts";
import type { HttpAnswer } from "../support/http_client.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";
import { memberOf } from "./forged_commit.ts";
import { RawDevice } from "./raw_device.ts";

/** An invented transcript hash in a first Commit, which only its creator could check. */
const madeUp = { infoContext: () => ({ confirmedTranscriptHash: new Uint8Array(32).fill(7) }) };

for (const { name, ignore, environment } of testedStores()) {
  const test = (title: string, fn: (app: RunningApp) => Promise<void>) =>
    Deno.test({
      name: `restart of an encrypted chat, ${name}: ${title}`,
      ignore,
      fn: async () => {
        await using app = await RunningApp.start(environment());
        await fn(app);
        assert.deepEqual(app.log, []);
      },
    });

  test("a new group replaces one whose Commits are refused", async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    const [evil, bobs] = [await RawDevice.make(app, ann), await RawDevice.make(app, bob)];
    const { body: chat } = await evil.http.post("/api/chats", { userId: bob.id, encrypted: true });
    const group = await evil.mls.createGroup(chat.id);
    const staged = await group.stage({ add: await evil.claim(bob.id) });
    const first = await madeUpFirst(evil, chat.id, staged);
    assert.equal((await evil.post(chat.id, first)).status, 201);
    const bobsGroup = await bobs.join(chat.id);
    const refused = await bobs.post(chat.id, await bobsGroup.stage({}));
    assert.deepEqual([refused.status, refused.body.code], [400, "invalid_request"]);
    await bobsGroup.discard();
    const before = await bobs.send(chat.id, await bobsGroup.encrypt(utf8("still sent")));
    assert.equal(before.status, 201);

    const restart = await bobs.mls.restart(chat.id, 1, await bobs.claim(ann.id));
    const clientId = newId();
    const made = await post(bobs, chat.id, restart, { clientId });
    assert.deepEqual([made.status, made.body.generation, made.body.epoch], [201, 1, 1]);
    const restarted = await restart.accepted();
    const again = await post(bobs, chat.id, restart, { clientId });
    assert.deepEqual([again.status, again.body], [200, made.body]);
    assert.equal((await post(bobs, chat.id, restart)).body.code, "stale_epoch");

    const { body: info } = await bobs.http.get(`/api/chats/${chat.id}/mls/group-info`);
    assert.deepEqual([info.generation, info.epoch], [1, 1]);
    const { body: view } = await evil.http.get(`/api/chats/${chat.id}`);
    assert.deepEqual([view.generation, view.epoch], [1, 1]);
    const { body: commits } = await evil.http.get(`/api/chats/${chat.id}/mls/commits`);
    const seen = commits.items.map((each: Record<string, unknown>) => [
      each.generation,
      each.epoch,
      each.senderId,
    ]);
    assert.deepEqual(seen, [[0, 0, ann.id], [1, 0, bob.id]]);
    const { body: messages } = await bobs.http.get(`/api/messages/${chat.id}`);
    assert.equal(messages.items[0].ciphertext, before.body.ciphertext, "old ciphertext stays");

    const { body: waiting } = await evil.http.get(`/api/devices/${evil.id}/welcomes`);
    assert.equal(waiting.items[0].generation, 1);
    const anns = await evil.mls.join(chat.id, waiting.items[0].message, 1);
    await evil.commit(anns, {});
    await restarted.processCommit((await lastCommit(bobs, chat.id)).commit);
    const sent = await bobs.send(chat.id, await restarted.encrypt(utf8("we go on")));
    assert.equal(sent.status, 201, JSON.stringify(sent.body));
    const { plaintext } = await anns.decrypt(sent.body.ciphertext);
    assert.deepEqual(plaintext, utf8("we go on"));
    const old = await evil.send(chat.id, await group.encrypt(utf8("from the old group")));
    assert.deepEqual([old.status, old.body.code], [409, "stale_epoch"]);
  });

  test("only the owner and admins of a group may restart it, and only by a valid Commit", async (app) => {
    const { ann, bob, cat } = await app.people("ann", "bob", "cat");
    const [anns, bobs] = [await RawDevice.make(app, ann), await RawDevice.make(app, bob)];
    const cats = await RawDevice.make(app, cat);
    const group = await anns.newGroup();
    const { chatId } = group;
    const early = await anns.mls.restart(chatId, 1, []);
    assert.equal((await post(anns, chatId, early)).body.code, "conflict");
    await anns.commit(group, { add: await anns.claim(bob.id) });
    const byMember = await bobs.mls.restart(chatId, 1, await bobs.claim(ann.id));
    assert.deepEqual((await post(bobs, chatId, byMember)).body.code, "forbidden");
    const byStranger = await cats.mls.restart(chatId, 1, []);
    assert.equal((await post(cats, chatId, byStranger)).status, 404);
    const skips = await anns.mls.restart(chatId, 2, []);
    assert.equal((await post(anns, chatId, skips)).body.code, "stale_epoch");
    const claims = await anns.claim(cat.id);
    const withStranger = await anns.mls.restart(chatId, 1, claims);
    const refused = await post(anns, chatId, withStranger);
    assert.deepEqual([refused.status, refused.body.code], [400, "invalid_request"]);
    const forged = await anns.mls.restart(chatId, 1, await anns.claim(bob.id));
    const other = await anns.mls.restart(chatId, 1, []);
    const mixed = await post(anns, chatId, forged, { groupInfo: other.staged.groupInfo });
    assert.equal(mixed.status, 400);
    assert.equal((await post(anns, chatId, forged, { generation: 0 })).status, 400);
    assert.equal((await post(anns, chatId, forged)).status, 201);
    const { body: audit } = await anns.http.get(`/api/groups/${chatId}/audit`);
    const [entry] = audit.items.filter((each: { action: string }) =>
      each.action === "encryption.restarted"
    );
    assert.equal(entry?.actorId, ann.id);
    const plain = await anns.http.post("/api/groups", { name: "Plain" });
    assert.equal((await post(anns, plain.body.id, forged)).body.code, "conflict");
  });
}

Deno.test("a client restarts a group, the others are notified, and all of them read later messages", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  await using tablet = await clientOf(app.url, bob, { device: "tablet" });
  const told: string[] = [];
  for (const { client } of [bobs, tablet]) {
    client.on("encryption.restarted", ({ senderId, generation }) => {
      told.push(`${senderId === ann.id ? "ann" : senderId} ${generation}`);
    });
  }
  const { id } = await anns.client.encryption.createDirect(bob.id);
  await anns.client.send(id, { text: "before" });
  await reads("before", id, bobs, tablet);
  await bobs.client.close();
  await anns.client.send(id, { text: "while bob was away" });
  await anns.client.encryption.restart(id);
  await anns.client.send(id, { text: "after" });
  await reads("after", id, anns, tablet);
  bobs.client.connect();
  await reads("after", id, bobs);
  const texts = ["before", "while bob was away", "after"];
  for (const each of [anns, bobs, tablet]) assert.deepEqual(each.texts(id), texts);
  await eventually("both devices were told", () => told.length === 2);
  assert.deepEqual(told, ["ann 1", "ann 1"]);
  assert.equal(bobs.client.model.chat(id)!.chat.generation, 1);
  await bobs.client.encryption.restart(id);
  await bobs.client.send(id, { text: "and once more" });
  await reads("and once more", id, anns, bobs, tablet);
  for (const each of [anns, bobs, tablet]) assert.deepEqual(each.faults, []);
  assert.deepEqual(app.log, []);
});

Deno.test("a client whose Commits are refused for an invented first Commit joins again by itself", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const evil = await RawDevice.make(app, ann);
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  const { body: chat } = await evil.http.post("/api/chats", { userId: bob.id, encrypted: true });
  const group = await evil.mls.createGroup(chat.id);
  const staged = await group.stage({ add: await evil.claim(bob.id) });
  const first = await madeUpFirst(evil, chat.id, staged);
  assert.equal((await evil.post(chat.id, first)).status, 201);
  await eventually("bob is in", async () => {
    return bobs.client.model.chat(chat.id) &&
      (await bobs.client.encryption.roster(chat.id)).length === 2;
  });
  await bobs.client.encryption.renewKeys(chat.id);
  assert.equal((await lastCommit(evil, chat.id)).senderId, bob.id);
});

Deno.test("a client restarts a group that an earlier release let a member end", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, eve } = await app.people("ann", "bob", "eve");
  const evil = await RawDevice.make(app, eve);
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  const { encryption } = anns.client;
  const { id } = await encryption.createGroup("Group", [bob.id, eve.id]);
  await anns.client.send(id, { text: "before" });
  await reads("before", id, bobs);
  const group = await evil.join(id);
  await evil.commit(group, {});
  const info = decodeGroupInfo(await group.exportGroupInfo());
  storeGroupInfo(app, id, await withOtherParent(info, (await memberOf(evil.store, id)).signKey));
  await assert.rejects(encryption.removePeople(id, [eve.id]), { name: "MlsClientError" });
  await encryption.restart(id);
  await encryption.removePeople(id, [eve.id]);
  await anns.client.send(id, { text: "without eve" });
  await reads("without eve", id, anns, bobs);
  assert.equal((await encryption.roster(id)).length, 2);
});

Deno.test("a member restarts a group although another member has blocked them", async () => {
  await using app = await RunningApp.start();
  const { ann, bob, cat } = await app.people("ann", "bob", "cat");
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  await using cats = await clientOf(app.url, cat, { device: "phone" });
  const { id } = await anns.client.encryption.createGroup("Group", [bob.id, cat.id]);
  await anns.client.send(id, { text: "before" });
  await reads("before", id, bobs, cats);
  await bobs.client.call("user.block", { userId: ann.id });
  await anns.client.encryption.restart(id);
  await cats.client.send(id, { text: "after" });
  await reads("after", id, anns, cats);
  await eventually("bob has joined by himself", async () => {
    return (await cats.client.encryption.roster(id)).length === 3;
  });
});

/**
 * The GroupInfo of a server that did not compute the tree: a parent that no Commit has set, signed.
 */
async function withOtherParent(info: GroupInfo, signKey: Uint8Array): Promise<string> {
  const { hash, signature } = await cipherSuite();
  const tree = ratchetTreeFromExtension(info)!;
  const node = tree.findIndex((each) => each?.nodeType === "parent");
  const { parent } = tree[node] as Extract<RatchetTree[number], { nodeType: "parent" }>;
  const hpkePublicKey = crypto.getRandomValues(new Uint8Array(32));
  tree[node] = { nodeType: "parent", parent: { ...parent, hpkePublicKey } };
  const groupContext = { ...info.groupContext, treeHash: await treeHashRoot(tree, hash) };
  const extensions = info.extensions.map((each) =>
    each.extensionType === "ratchet_tree"
      ? { ...each, extensionData: encodeRatchetTree(tree) }
      : each
  );
  const groupInfo = await signGroupInfo({ ...info, groupContext, extensions }, signKey, signature);
  return encodeWire({ wireformat: "mls_group_info", groupInfo });
}

function storeGroupInfo(app: RunningApp, chatId: string, groupInfo: string): void {
  const database = new DatabaseSync(`${app.config.dataDir}/chat.sqlite3`, { timeout: 5_000 });
  try {
    const sql = "UPDATE group_infos SET groupInfo = ? WHERE chatId = ?";
    assert.equal(database.prepare(sql).run(groupInfo, chatId).changes, 1);
  } finally {
    database.close();
  }
}

/** The staged Commit, with a signed GroupInfo whose transcript hash is invented. */
async function madeUpFirst(
  evil: RawDevice,
  chatId: string,
  staged: Restart["staged"],
): Promise<Restart["staged"]> {
  const info = decodeGroupInfo(staged.groupInfo);
  const groupContext = { ...info.groupContext, ...madeUp.infoContext() };
  const { signKey } = await memberOf(evil.store, chatId);
  const { signature } = await cipherSuite();
  const groupInfo = await signGroupInfo({ ...info, groupContext }, signKey, signature);
  const { epoch, commit, welcome } = staged;
  const encoded = encodeWire({ wireformat: "mls_group_info", groupInfo });
  return { epoch, commit, groupInfo: encoded, welcome };
}

function post(
  device: RawDevice,
  chatId: string,
  { staged }: Restart,
  changes: object = {},
): Promise<HttpAnswer> {
  const { commit, groupInfo, welcome } = staged;
  const generation = Number(/\/(\d+)$/.exec(groupName(groupInfo))![1]);
  const body = { generation, commit, groupInfo, welcome, clientId: newId(), ...changes };
  return device.http.post(`/api/chats/${chatId}/mls/restart`, body);
}

/** The group id, which is the first text of that form in it. */
function groupName(groupInfo: string): string {
  const text = atob(groupInfo.slice(0, 96).replaceAll("-", "+").replaceAll("_", "/"));
  return /[0-9a-f-]{36}\/\d+/.exec(text)![0];
}

async function lastCommit(device: RawDevice, chatId: string) {
  const { body } = await device.http.get(`/api/chats/${chatId}/mls/commits?limit=100`);
  return body.items.at(-1);
}

async function reads(text: string, chatId: string, ...tests: TestClient[]): Promise<void> {
  for (const test of tests) {
    await eventually(`it reads "${text}"`, () => test.texts(chatId).at(-1) === text);
  }
}
