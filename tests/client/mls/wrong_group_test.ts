import assert from "node:assert/strict";
import { utf8 } from "../../../src/client/mls/encoding.ts";
import { threePeople } from "./world.ts";

/** Messages, Commits and GroupInfos of another group than the one they are given to. */
const code = (expected: string) => ({ name: "MlsClientError", code: expected });

Deno.test("a group takes no Commit of another chat", async () => {
  const [one, two] = [await threePeople(), await threePeople()];
  await two.devices[0].change((group) => group.stage({}));
  const group = await one.devices[1].group();
  const commit = two.world.commits.at(-1)!.commit;
  await assert.rejects(group.processCommit(commit), code("wrong_chat"));
  assert.equal(await group.processCommit(one.world.commits[0].commit), null, "an earlier one");
  await assert.rejects(group.processCommit(two.world.commits[0].commit), code("wrong_chat"));
});

Deno.test("a message of the group before a restart has no key, and one of another chat is refused", async () => {
  const { world, devices } = await threePeople();
  const other = await threePeople();
  const old = await (await devices[0].group()).encrypt(utf8("before"));
  const former = await devices[2].group();
  const restart = await devices[0].mls.restart(world.chatId, 1, []);
  const group = await restart.accepted();
  assert.equal(group.generation, 1);
  await assert.rejects(group.decrypt(old), code("key_gone"));
  const later = await group.encrypt(utf8("after"));
  await assert.rejects(former.decrypt(later), code("wrong_chat"));
  const foreign = await (await other.devices[0].group()).encrypt(utf8("elsewhere"));
  await assert.rejects(group.decrypt(foreign), code("wrong_chat"));
});

Deno.test("a device joins by itself no group of another chat, and none from before a restart", async () => {
  const { world, devices } = await threePeople();
  const other = await threePeople();
  const { mls } = devices[3];
  const join = (groupInfo: string) => mls.joinExternally(world.chatId, groupInfo);
  await assert.rejects(join(other.world.groupInfo), code("wrong_chat"));
  const { staged, accepted } = await mls.restart(world.chatId, 1, []);
  await accepted();
  await assert.rejects(join(world.groupInfo), code("wrong_chat"));
  assert.ok((await join(staged.groupInfo)).staged.commit);
});

Deno.test("stage adds no device that stays in the group, and one again that it removes", async () => {
  const { world, devices } = await threePeople();
  const { userId, deviceId } = devices[5].mls;
  const again = world.claim(userId).find((each) => each.deviceId === deviceId)!;
  const group = await devices[0].group();
  await assert.rejects(group.stage({ add: [again] }), code("bad_key_package"));
  await assert.rejects(
    group.stage({ add: [again], removeDeviceIds: [devices[4].mls.deviceId] }),
    code("bad_key_package"),
  );
  assert.equal(group.isPending, false);
  const staged = await group.stage({ add: [again], removeDeviceIds: [deviceId] });
  assert.equal(staged.welcome?.deviceIds.join(), deviceId);
});
