import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { fromBase64Url } from "../../../src/client/mls/encoding.ts";
import { timeSlices } from "../../../src/core/work_budget.ts";
import { newId } from "../../../src/core/ids.ts";
import { applyCommit } from "../../../src/encryption/mls/apply_commit.ts";
import { checkSupported } from "../../../src/encryption/mls/group_extensions.ts";
import { parseFramedMessage } from "../../../src/encryption/mls/mls_message.ts";
import { type GroupContext, parseGroupInfo } from "../../../src/encryption/mls/group_info.ts";
import { PublicTree } from "../../../src/encryption/mls/public_tree.ts";
import { threePeople } from "../../client/mls/world.ts";

Deno.test("the end of a slice leaves a turn of the event loop to other work", async () => {
  let others = 0;
  setImmediate(() => others++);
  await timeSlices(60_000)();
  assert.equal(others, 0, "there was time left");
  await timeSlices(0)();
  assert.equal(others, 1);
});

/** Fails where work goes on before a pause is over. */
class Pauses {
  /** Those that are over. */
  taken = 0;
  #begun = 0;

  readonly pause = async (): Promise<void> => {
    assert.equal(this.#begun++, this.taken, "the pause before is over");
    await Promise.resolve();
    this.taken++;
  };
}

Deno.test("the work on a tree can pause at each node", async () => {
  const { world } = await threePeople();
  const { tree } = parseGroupInfo(fromBase64Url(world.groupInfo));
  const pauses = new Pauses();
  await new PublicTree(tree).hash(pauses.pause);
  assert.equal(pauses.taken, 15, "eight leaves, two of them blank, and what is above");
  await new PublicTree(tree).checkUniqueKeys(pauses.pause);
  assert.equal(pauses.taken, 15 + 6);
  const group = { extensions: [{ type: 1, data: new Uint8Array() }] } as unknown as GroupContext;
  await checkSupported(group, tree, pauses.pause);
  assert.equal(pauses.taken, 15 + 6 + 6);
});

Deno.test("PublicTree finds a key that two parents, or a parent and a leaf, share", async () => {
  const { world, devices } = await threePeople();
  for (const device of devices) await device.change((group) => group.stage({}));
  const { tree } = parseGroupInfo(fromBase64Url(world.groupInfo));
  const at = tree.parents.flatMap((parent, i) => parent ? [i] : []);
  const withKeyOf = (encryptionKey: Uint8Array<ArrayBuffer>) => {
    const parents = tree.parents.with(at[1], { ...tree.parents[at[1]]!, encryptionKey });
    return new PublicTree({ ...tree, parents }).checkUniqueKeys(() => {});
  };
  await withKeyOf(tree.parents[at[1]]!.encryptionKey);
  const expected = { code: "invalid_request", message: /an encryption_key occurs twice/ };
  await assert.rejects(withKeyOf(tree.parents[at[0]]!.encryptionKey), expected);
  await assert.rejects(withKeyOf(tree.leaves[0]!.encryptionKey), expected);
});

Deno.test("applyCommit pauses at each removal and each addition", async () => {
  const { devices, users, world } = await threePeople();
  const dave = await world.device(newId());
  const group = await devices[0].group();
  const staged = await group.stage({
    add: world.claim(dave.mls.userId),
    removeUserIds: [users[2]],
  });
  const message = parseFramedMessage(fromBase64Url(staged.commit));
  assert.ok(message.wireFormat === "public_message" && message.content.kind === "commit");
  const proposals = message.content.commit.proposals.flatMap((each) => {
    return each.kind === "proposal" ? [each.proposal] : [];
  });
  const pauses = new Pauses();
  const { tree } = parseGroupInfo(fromBase64Url(world.groupInfo));
  await applyCommit(message, tree, proposals, pauses.pause);
  assert.equal(pauses.taken, 2 * 3, "two removals and an addition, in two passes");
});
