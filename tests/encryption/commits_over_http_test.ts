import assert from "node:assert/strict";
import { toBase64Url, utf8 } from "../../src/client/mls/encoding.ts";
import type { NewDevice } from "../../src/client/mls/staged_commit.ts";
import { newId } from "../../src/core/ids.ts";
import type { HttpAnswer } from "../support/http_client.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";
import { upload } from "../support/uploads.ts";
import { RawDevice, tampered } from "./raw_device.ts";

for (const { name, ignore, environment } of testedStores()) {
  const test = (title: string, fn: (app: RunningApp) => Promise<void>, limits = {}) =>
    Deno.test({
      name: `encryption over HTTP, ${name}: ${title}`,
      ignore,
      fn: async () => {
        await using app = await RunningApp.start({ ...environment(), ...limits });
        await fn(app);
        assert.deepEqual(app.log, []);
      },
    });

  test("a Commit adds users with its revision, once, and only for the current epoch", async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    const anns = await RawDevice.make(app, ann);
    const bobs = await RawDevice.make(app, bob);
    const group = await anns.newGroup();
    const staged = await group.stage({ add: await anns.claim(bob.id) });
    const clientId = newId();
    const made = await anns.post(group.chatId, { ...staged, clientId });
    assert.equal(made.status, 201);
    assert.equal(made.body.epoch, 1);
    await group.accepted(staged);
    const repeated = await anns.post(group.chatId, { ...staged, clientId });
    assert.deepEqual([repeated.status, repeated.body], [200, made.body]);
    refused(await anns.post(group.chatId, staged), 409, "stale_epoch");
    const { body: chat } = await bobs.http.get(`/api/chats/${group.chatId}`);
    assert.deepEqual([chat.epoch, chat.memberCount], [1, 2]);
    const { body: commits } = await bobs.http.get(`/api/chats/${group.chatId}/mls/commits`);
    const { commit } = staged;
    const { rev } = made.body;
    assert.deepEqual(commits.items, [
      { rev, generation: 0, epoch: 0, senderId: ann.id, clientId, commit },
    ]);
    const changes = await bobs.http.get(`/api/chats/${group.chatId}/changes?after=${rev - 1}`);
    assert.deepEqual(changes.body.commits, commits.items);
    assert.equal(changes.body.members[0].userId, bob.id);
    const { body: info } = await bobs.http.get(`/api/chats/${group.chatId}/mls/group-info`);
    assert.deepEqual(info, { generation: 0, epoch: 1, groupInfo: staged.groupInfo });
    const { body: audit } = await anns.http.get(`/api/groups/${group.chatId}/audit`);
    const added = audit.items.find((each: { action: string }) => each.action === "member.added");
    assert.deepEqual([added?.actorId, added?.userId], [ann.id, bob.id]);
    const taken = await bobs.post(group.chatId, { ...staged, clientId });
    refused(taken, 409, "stale_epoch");
    const [, bobsRow] = await rowsOf(app, group.chatId, [ann.id, bob.id]);
    assert.equal(bobsRow!.addedByStranger, true, "the group is no contact yet");
    const joined = await bobs.join(group.chatId);
    const sent = await bobs.send(group.chatId, await joined.encrypt(utf8("hello")));
    assert.deepEqual([sent.status, sent.body.kind, sent.body.text], [201, "encrypted", ""]);
    assert.equal(
      new TextDecoder().decode((await group.decrypt(sent.body.ciphertext)).plaintext),
      "hello",
    );
  });

  test("a Commit adds a contact as no stranger, and others as strangers", async (app) => {
    const { ann, bob, cat } = await app.people("ann", "bob", "cat");
    const anns = await RawDevice.make(app, ann);
    const bobs = await RawDevice.make(app, bob);
    await RawDevice.make(app, cat);
    assert.equal((await bobs.http.post("/api/chats", { userId: ann.id })).status, 201);
    const group = await anns.newGroup();
    const add = [...await anns.claim(bob.id), ...await anns.claim(cat.id)];
    await anns.commit(group, { add });
    const rows = await rowsOf(app, group.chatId, [bob.id, cat.id]);
    assert.deepEqual(rows.map((row) => row?.addedByStranger), [false, true]);
  });

  test("no Commit adds a user who must be invited first, and they can join after accepting", async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    const anns = await RawDevice.make(app, ann);
    const bobs = await RawDevice.make(app, bob);
    await bobs.http.put("/api/users/contact-settings", { addToGroups: "nobody" });
    const group = await anns.newGroup();
    const { chatId } = group;
    const staged = await group.stage({ add: await anns.claim(bob.id) });
    refused(await anns.post(chatId, staged), 403, "forbidden", "addUserIds");
    await group.discard();
    assert.equal((await bobs.http.get(`/api/chats/${chatId}`)).status, 404);
    await anns.commit(group, {});
    const invited = await anns.http.post(`/api/groups/${chatId}/invitations`, {
      userIds: [bob.id],
    });
    assert.equal(invited.status, 200, JSON.stringify(invited.body));
    const { body: { items: [request] } } = await bobs.http.get("/api/requests");
    const accepted = await bobs.http.post(`/api/requests/${request.id}/accept`);
    assert.deepEqual([accepted.status, accepted.body.memberCount], [200, 2]);
    const { body: info } = await bobs.http.get(`/api/chats/${chatId}/mls/group-info`);
    const { staged: own } = await bobs.mls.joinExternally(chatId, info.groupInfo);
    const joins = await bobs.post(chatId, { ...own, addUserIds: [] });
    assert.equal(joins.status, 201, JSON.stringify(joins.body));
  });

  test("of concurrent Commits for one epoch one is accepted, and the others are stale", async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    const devices = [await RawDevice.make(app, ann)];
    for (let i = 0; i < 3; i++) devices.push(await RawDevice.make(app, bob));
    const group = await devices[0].newGroup();
    await devices[0].commit(group, { add: await devices[0].claim(bob.id) });
    const groups = [group];
    for (const each of devices.slice(1)) groups.push(await each.join(group.chatId));
    const staged = await Promise.all(groups.map((each) => each.stage({})));
    const answers = await Promise.all(
      staged.map((each, i) => devices[i].post(group.chatId, each)),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [201, 409, 409, 409]);
    const winner = answers.findIndex(({ status }) => status === 201);
    for (const [i, each] of groups.entries()) {
      if (i === winner) await each.accepted(staged[i]);
      else await each.processCommit(staged[winner].commit);
      assert.equal(each.epoch, 2n);
    }
  });

  test("a Commit is refused unless its changes and sender are those of the request", async (app) => {
    const { ann, bob, cat } = await app.people("ann", "bob", "cat");
    const anns = await RawDevice.make(app, ann);
    const bobs = await RawDevice.make(app, bob);
    const cats = await RawDevice.make(app, cat);
    const group = await anns.newGroup();
    const { chatId } = group;
    const add = await anns.claim(bob.id);
    const staged = await group.stage({ add });
    const post = (patch: object) => anns.post(chatId, { ...staged, ...patch });
    refused(await post({ addUserIds: [] }), 400, "invalid_request", "addUserIds");
    refused(await post({ addUserIds: [bob.id, cat.id] }), 400, "invalid_request", "addUserIds");
    refused(await post({ removeUserIds: [bob.id] }), 400, "invalid_request", "removeUserIds");
    refused(await post({ welcome: undefined }), 400, "invalid_request", "welcome.message");
    const wrongDevice = { ...staged.welcome, deviceIds: [cats.id] };
    refused(await post({ welcome: wrongDevice }), 400, "invalid_request", "welcome.deviceIds");
    const oneMore = { ...staged.welcome, deviceIds: [bobs.id, cats.id] };
    refused(await post({ welcome: oneMore }), 400, "invalid_request", "welcome.deviceIds");
    refused(await post({ epoch: 1 }), 409, "stale_epoch");
    refused(await post({ groupInfo: tampered(staged.groupInfo, -1) }), 400, "invalid_request");
    refused(await post({ commit: tampered(staged.commit, 60) }), 400, "invalid_request");
    refused(await post({ commit: toBase64Url(utf8("no commit")) }), 400, "invalid_request");
    const other = await anns.newGroup();
    await anns.commit(other, {});
    const message = await other.encrypt(utf8("a private message"));
    refused(await post({ commit: message }), 400, "invalid_request");
    refused(await post({ commit: (await other.stage({})).commit }), 400, "invalid_request");
    refused(await cats.post(chatId, staged), 404, "not_found");
    assert.equal((await anns.post(chatId, staged)).status, 201);
    await group.accepted(staged);
    const bobsGroup = await bobs.join(chatId);
    const byMember = await bobsGroup.stage({ add: await bobs.claim(cat.id) });
    refused(await bobs.post(chatId, byMember), 403, "forbidden");
    await bobsGroup.discard();
    const removal = await bobsGroup.stage({ removeUserIds: [ann.id] });
    refused(await bobs.post(chatId, removal), 403, "forbidden");
    refused(await bobs.post(chatId, { ...removal, removeUserIds: [] }), 403, "forbidden");
    await bobsGroup.discard();
    const second = await RawDevice.make(app, bob);
    await bobs.commit(bobsGroup, { add: await bobs.claim(bob.id).then(onlyOf(second.id)) });
    await bobs.commit(bobsGroup, { removeDeviceIds: [second.id] });
    for (const { commit } of (await bobs.http.get(`/api/chats/${chatId}/mls/commits`)).body.items) {
      await group.processCommit(commit);
    }
    const forAnn = await group.stage({});
    refused(await bobs.post(chatId, forAnn), 403, "forbidden");
  });

  test("an encrypted chat accepts ciphertext of its group and epoch, and no plain text", async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    const anns = await RawDevice.make(app, ann);
    const bobs = await RawDevice.make(app, bob);
    const group = await anns.newGroup();
    const { chatId } = group;
    const before = await group.encrypt(utf8("alone"));
    refused(await anns.send(chatId, before), 409, "conflict");
    await anns.commit(group, { add: await anns.claim(bob.id) });
    refused(await anns.send(chatId, before), 409, "stale_epoch");
    const other = await anns.newGroup();
    await anns.commit(other, {});
    const elsewhere = await other.encrypt(utf8("for another chat"));
    refused(await anns.send(chatId, elsewhere), 400, "invalid_request", "ciphertext");
    const staged = await group.stage({});
    refused(await anns.send(chatId, staged.commit), 400, "invalid_request");
    refused(await anns.send(chatId, staged.groupInfo), 400, "invalid_request");
    const plain = await anns.http.post("/api/messages", { chatId, text: "in the clear" });
    refused(plain, 400, "invalid_request");
    const mediaIds = [(await upload(app, ann, "in the clear")).body.id];
    const file = await anns.http.post("/api/messages", { chatId, mediaIds });
    refused(file, 400, "invalid_request", "ciphertext");
    const hello = { chatId, ciphertext: await group.encrypt(utf8("hello")) };
    for (
      const [field, value] of Object.entries({
        text: "in the clear",
        mentions: [bob.id],
        replyTo: newId(),
        custom: { a: 1 },
      })
    ) {
      const mixed = await anns.http.post("/api/messages", { ...hello, [field]: value });
      refused(mixed, 400, "invalid_request", field === "custom" ? "custom" : "text");
    }
    const { body: open } = await anns.http.post("/api/groups", { name: "Plain" });
    const unread = await anns.http.post("/api/messages", { ...hello, chatId: open.id });
    refused(unread, 400, "invalid_request", "ciphertext");
    const sent = await anns.send(chatId, await group.encrypt(utf8("hello")));
    assert.equal(sent.status, 201);
    const { id } = sent.body;
    refused(await anns.http.put(`/api/messages/${id}`, { text: "edited" }), 409, "conflict");
    refused(await anns.http.post(`/api/messages/${id}/react`, { emoji: "👍" }), 409, "conflict");
    const add = await anns.http.post(`/api/groups/${chatId}/members`, { userIds: [bob.id] });
    refused(add, 409, "conflict");
    const out = await anns.http.delete(`/api/groups/${chatId}/members/${bob.id}`);
    refused(out, 409, "conflict");
    const withMembers = { name: "G", encrypted: true, memberIds: [bob.id] };
    refused(await anns.http.post("/api/groups", withMembers), 409, "conflict");
    assert.equal((await bobs.http.delete(`/api/groups/${chatId}/members/${bob.id}`)).status, 204);
    await group.discard();
    await anns.commit(group, { removeUserIds: [bob.id] });
    assert.equal(group.roster().length, 1);
  });

  test("a removal by Commit ends the membership with its role, and is recorded", async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    const anns = await RawDevice.make(app, ann);
    await RawDevice.make(app, bob);
    const group = await anns.newGroup();
    const { chatId } = group;
    await anns.commit(group, { add: await anns.claim(bob.id) });
    const promoted = { userId: bob.id, role: "admin" };
    assert.equal((await anns.http.put(`/api/groups/${chatId}/admin`, promoted)).status, 200);
    await anns.commit(group, { removeUserIds: [bob.id] });
    const [row] = await rowsOf(app, chatId, [bob.id]);
    assert.deepEqual([row!.role, row!.leftAt !== null], ["member", true]);
    const { body: audit } = await anns.http.get(`/api/groups/${chatId}/audit`);
    const removed = audit.items.filter((each: { action: string }) =>
      each.action === "member.removed"
    );
    assert.deepEqual(removed.map((each: { userId: string }) => each.userId), [bob.id]);
  });

  test("a Commit, its GroupInfo and its Welcome have a maximum size each", async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    const anns = await RawDevice.make(app, ann);
    await RawDevice.make(app, bob);
    const group = await anns.newGroup();
    const staged = await group.stage({ add: await anns.claim(bob.id) });
    const long = toBase64Url(new Uint8Array(16 * 1024 + 1));
    const post = (patch: object) => anns.post(group.chatId, { ...staged, ...patch });
    refused(await post({ commit: long }), 400, "invalid_request", "commit");
    refused(await post({ groupInfo: long }), 400, "invalid_request", "groupInfo");
    const welcome = { ...staged.welcome!, message: long };
    refused(await post({ welcome }), 400, "invalid_request", "welcome.message");
    assert.equal((await post({})).status, 201);
  }, { LIMIT_COMMIT_BYTES: "16384" });

  test("a Commit cannot exceed the maximum size of a group", async (app) => {
    const { ann, bob, cat } = await app.people("ann", "bob", "cat");
    const anns = await RawDevice.make(app, ann);
    for (const person of [bob, cat]) await RawDevice.make(app, person);
    const group = await anns.newGroup();
    await anns.commit(group, { add: await anns.claim(bob.id) });
    const add = await anns.claim(cat.id);
    refused(await anns.post(group.chatId, await group.stage({ add })), 409, "conflict");
    await group.discard();
    await anns.commit(group, { add, removeUserIds: [bob.id] });
    assert.equal(group.roster().length, 2, "who leaves makes room");
  }, { LIMIT_GROUP_MEMBERS: "2" });

  test("key packages are handed out once each, then the last resort", async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    const anns = await RawDevice.make(app, ann, 0);
    const bobs = await RawDevice.make(app, bob, 2);
    const shared = await bobs.http.post("/api/groups", { name: "Both", memberIds: [ann.id] });
    assert.equal(shared.status, 201);
    const lastResort = await bobs.mls.createLastResort();
    assert.deepEqual((await bobs.upload({ lastResort })).body, { remaining: 2 });
    const claimed = await Promise.all([1, 2, 3, 4].map(() => anns.claim(bob.id)));
    const packages = claimed.flat().map(({ keyPackage }) => keyPackage);
    assert.equal(new Set(packages).size, 3);
    assert.equal(packages.filter((each) => each === lastResort).length, 2);
    const [foreign] = await anns.mls.createKeyPackages(1);
    refused(await bobs.upload({ keyPackages: [foreign] }), 400, "invalid_request");
    refused(await bobs.upload({ keyPackages: [lastResort] }), 400, "invalid_request");
    refused(await bobs.upload({ lastResort: tampered(lastResort, -1) }), 400, "invalid_request");
    const [good] = await bobs.mls.createKeyPackages(1);
    const asAnn = await anns.http.post(`/api/devices/${bobs.id}/key-packages`, {
      keyPackages: [good],
    });
    refused(asAnn, 404, "not_found");
    assert.equal((await bobs.http.delete(`/api/devices/${bobs.id}`)).status, 204);
    assert.deepEqual(await anns.claim(bob.id), []);
    refused(await bobs.upload({ keyPackages: [good] }), 404, "not_found");
  });
}

/** The rows of these users in the chat, in their order. */
async function rowsOf(app: RunningApp, chatId: string, userIds: string[]) {
  const store = await app.openStore();
  try {
    return await Promise.all(userIds.map((userId) => store.memberships.of(chatId, userId)));
  } finally {
    await store.close();
  }
}

function onlyOf(deviceId: string) {
  return (devices: NewDevice[]) => devices.filter((device) => device.deviceId === deviceId);
}

function refused(answer: HttpAnswer, status: number, code: string, path?: string): void {
  const { body } = answer;
  assert.deepEqual([answer.status, body?.code], [status, code], JSON.stringify(body));
  if (path !== undefined) assert.equal(body.errors?.[0]?.path, path, JSON.stringify(body));
}
