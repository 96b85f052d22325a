import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import { utf8 } from "../../../src/client/mls/encoding.ts";
import { memberOf } from "../../encryption/forged_commit.ts";
import { forgeInvitation, type InvitationForgery } from "../../encryption/forged_invitation.ts";
import { threePeople, World } from "./world.ts";

/** Welcomes of a member whose signatures, hashes and encryption are correct. */
const shared = await threePeople();

async function joinedBy(forgery: InvitationForgery) {
  const { world, devices } = shared;
  const invited = await new World().device(newId());
  const [keyPackage] = await invited.mls.createKeyPackages(1);
  const forger = await memberOf(devices[1].store, world.chatId);
  const welcome = await forgeInvitation(forger, keyPackage, forgery);
  return { invited, joining: () => invited.mls.join(world.chatId, welcome) };
}

Deno.test("a client joins by the forger's Welcome when nothing is forged", async () => {
  const { invited, joining } = await joinedBy({});
  const group = await joining();
  assert.equal(group.epoch, 2n);
  const own = group.roster().find(({ deviceId }) => deviceId === invited.mls.deviceId);
  assert.equal(own?.userId, invited.mls.userId);
});

const forgeries: [string, RegExp, InvitationForgery][] = [
  ["whose confirmation tag is another's", /confirmation tag does not verify/, {
    tag: new Uint8Array(32),
  }],
  ["that leaves the invited device out of the tree", /this device is not in its tree/, {
    withoutDevice: true,
  }],
  ["that needs a pre-shared key", /needs a pre-shared key/, {
    psks: [{ psktype: "external", pskId: utf8("a key"), pskNonce: new Uint8Array(32) }],
  }],
  ["for a group with another tree hash", /tree hash/, {
    context: () => ({ treeHash: new Uint8Array(32) }),
  }],
];
for (const [name, message, forgery] of forgeries) {
  Deno.test(`a client joins by no Welcome ${name}, and keeps its key package`, async () => {
    const { invited, joining } = await joinedBy(forgery);
    const expected = { name: "MlsClientError", code: "bad_welcome", message };
    await assert.rejects(joining(), expected);
    assert.equal((await invited.store.names("keyPackage/")).length, 4);
  });
}

Deno.test("a client joins by no Welcome for another chat or another generation of the group", async () => {
  for (const groupId of [newId(), "1"]) {
    const { world } = shared;
    const name = groupId === "1" ? `${world.chatId}/1` : groupId;
    const { joining } = await joinedBy({ context: () => ({ groupId: utf8(name) }) });
    await assert.rejects(joining(), { name: "MlsClientError", code: "wrong_chat" });
  }
});
