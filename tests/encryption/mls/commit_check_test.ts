import assert from "node:assert/strict";
import { fromBase64Url, utf8 } from "../../../src/client/mls/encoding.ts";
import { type StagedCommit } from "../../../src/client/mls/staged_commit.ts";
import type { Bytes } from "../../../src/core/bytes.ts";
import { newId } from "../../../src/core/ids.ts";
import { checkCommit } from "../../../src/encryption/mls/commit_check.ts";
import { checkGroupInfo, parseGroupInfo, roster } from "../../../src/encryption/mls/group_info.ts";
import { parseKeyPackage } from "../../../src/encryption/mls/key_package.ts";
import {
  parseApplicationMessage,
  parseFramedMessage,
  type PublicMessage,
} from "../../../src/encryption/mls/mls_message.ts";
import { parseWelcome } from "../../../src/encryption/mls/welcome.ts";
import { threePeople } from "../../client/mls/world.ts";

const invalid = { name: "AppError", code: "invalid_request" };

function publicMessage(text: string | Bytes): PublicMessage {
  const message = parseFramedMessage(typeof text === "string" ? fromBase64Url(text) : text);
  assert.ok(message.wireFormat === "public_message");
  return message;
}

async function verdict(staged: StagedCommit, before: string) {
  const [after, old] = [staged.groupInfo, before].map((text) =>
    parseGroupInfo(fromBase64Url(text))
  );
  return await checkCommit(publicMessage(staged.commit), after, old, Date.now());
}

Deno.test("objects from the client have the structure of the RFC, field by field", async () => {
  const { devices, world } = await threePeople();
  const { chatId } = world;
  const group = await devices[1].group();
  const info = parseGroupInfo(fromBase64Url(world.groupInfo));
  assert.equal(info.context.chatId, chatId);
  assert.equal(info.context.epoch, 1n);
  assert.equal(info.signer, 0);
  assert.equal(info.externalPub.length, 32);
  await checkGroupInfo(info);
  const clients = group.roster().map((each) => ({
    ...each,
    signatureKey: new Uint8Array(each.signatureKey),
  }));
  assert.deepEqual(roster(info), clients);

  const text = fromBase64Url(await group.encrypt(utf8("hi")));
  // MLSMessage: mls10, mls_private_message; group_id, 36 bytes; epoch 1; application.
  assert.deepEqual(text.subarray(0, 5), Uint8Array.of(0, 1, 0, 2, 36));
  assert.deepEqual(text.subarray(5, 41), utf8(chatId));
  assert.deepEqual(text.subarray(41, 50), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 1));
  const { epoch, contentType } = parseApplicationMessage(text);
  assert.deepEqual([epoch, contentType], [1n, "application"]);

  const commit = fromBase64Url((await group.stage({})).commit);
  assert.deepEqual(commit.subarray(0, 5), Uint8Array.of(0, 1, 0, 1, 36));
  // Epoch 1; sender member, leaf 1; no authenticated data; commit; no proposals; a path.
  assert.deepEqual(
    commit.subarray(41, 49 + 5 + 1 + 1 + 1 + 1),
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 3, 0, 1),
  );
  const [welcome] = world.welcomes.values();
  assert.equal(parseWelcome(fromBase64Url(welcome)).newMembers.length, 5);
  assert.deepEqual(fromBase64Url(welcome).subarray(0, 6), Uint8Array.of(0, 1, 0, 3, 0, 1));
  assert.throws(() => parseApplicationMessage(commit), invalid);
  for (const [bytes, at] of [[text, 49], [commit, 55]] as const) {
    for (const type of [0, 4, 255]) {
      const message = new RegExp(`content_type.*${type} is not 1, 2 or 3`);
      const unknown = bytes.with(at, type);
      assert.throws(() => parseFramedMessage(unknown), { ...invalid, message });
    }
  }
  // The version of the message, then that of the group's context.
  const bytes = fromBase64Url(world.groupInfo);
  for (const [at, field] of [[1, "message"], [5, "group_context"]] as const) {
    const message = new RegExp(`${field}.version.*2 is not mls10`);
    assert.throws(() => parseGroupInfo(bytes.with(at, 2)), { ...invalid, message });
  }
});

Deno.test("checkCommit returns the effect of a Commit", async () => {
  const { devices, users, world } = await threePeople();
  const dave = await world.device(newId());
  const group = await devices[2].group();
  const [added] = world.claim(dave.mls.userId);
  const staged = await group.stage({ add: [added], removeUserIds: [users[2]] });
  const effect = await verdict(staged, world.groupInfo);
  assert.equal(effect.committer.deviceId, devices[2].mls.deviceId);
  assert.equal(effect.external, false);
  assert.deepEqual(effect.added.map(({ userId }) => userId), [dave.mls.userId]);
  assert.deepEqual(effect.removed.map(({ userId }) => userId), [users[2], users[2]]);
  assert.equal(effect.roster.length, 5);
  const claimed = parseKeyPackage(fromBase64Url(added.keyPackage));
  assert.deepEqual(effect.addedKeyPackages, [claimed.encoded]);
});

Deno.test("checkCommit refuses the GroupInfo of another Commit, though it is signed and of that epoch", async () => {
  const { devices, users, world } = await threePeople();
  const one = await (await devices[0].group()).stage({ removeUserIds: [users[1]] });
  const other = await (await devices[1].group()).stage({ removeUserIds: [users[2]] });
  const empty = await (await devices[4].group()).stage({});
  for (const [commit, info] of [[one, other], [other, one], [one, empty], [empty, one]]) {
    const mixed = { ...commit, groupInfo: info.groupInfo };
    await assert.rejects(verdict(mixed, world.groupInfo), invalid);
  }
  await verdict(one, world.groupInfo);
  await assert.rejects(verdict(one, one.groupInfo), { ...invalid, message: /epoch/ });
  const first = { ...one };
  await assert.rejects(
    checkCommit(
      publicMessage(first.commit),
      parseGroupInfo(fromBase64Url(first.groupInfo)),
      undefined,
      Date.now(),
    ),
    { ...invalid, message: /epoch/ },
  );
});

Deno.test("altered, cut off or invented structures are refused without another effect", async () => {
  const { devices, world } = await threePeople();
  const staged = await (await devices[0].group()).stage({});
  const [commit, info] = [staged.commit, staged.groupInfo].map(fromBase64Url);
  const before = parseGroupInfo(fromBase64Url(world.groupInfo));
  const welcome = fromBase64Url([...world.welcomes.values()][0]);
  const message = fromBase64Url(await (await devices[1].group()).encrypt(utf8("hi")));
  const readers: [Bytes, (bytes: Bytes) => unknown][] = [
    [commit, parseFramedMessage],
    [info, parseGroupInfo],
    [welcome, parseWelcome],
    [message, parseApplicationMessage],
    [fromBase64Url((await devices[0].mls.createKeyPackages(1))[0]), parseKeyPackage],
  ];
  const tolerate = (read: () => unknown) => {
    try {
      read();
    } catch (error) {
      assert.equal((error as { code?: string }).code, "invalid_request", String(error));
    }
  };
  for (const [good, read] of readers) {
    for (let at = 0; at < good.length; at++) {
      assert.throws(() => read(good.slice(0, at)), invalid);
      const flipped = good.slice();
      flipped[at] ^= 1 << (at % 8);
      tolerate(() => read(flipped));
      const random = crypto.getRandomValues(new Uint8Array(at));
      tolerate(() => read(random));
      // A valid beginning, so that the random part is reached.
      tolerate(() => read(Uint8Array.from([...good.subarray(0, 60), ...random])));
    }
  }
  // Signatures and hashes cover the whole of both: every flipped bit is found, except in the
  // Commit's membership tag (which is for members) and in its path's ciphertexts.
  for (let i = 0; i < 150; i++) {
    const [badCommit, badInfo] = [commit.slice(), info.slice()];
    badCommit[Math.floor(i * (commit.length - 33) / 150)] ^= 1;
    badInfo[Math.floor(i * info.length / 150)] ^= 1;
    const check = async (c: Bytes, g: Bytes) => {
      const parsed = parseFramedMessage(c);
      await checkCommit(parsed as PublicMessage, parseGroupInfo(g), before, Date.now());
    };
    await assert.rejects(() => check(badCommit, info), invalid, `commit ${i}`);
    await assert.rejects(() => check(commit, badInfo), invalid, `group info ${i}`);
  }
});
