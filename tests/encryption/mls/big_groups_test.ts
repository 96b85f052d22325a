import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import type { Proposal } from "ts-mls";
import { fromBase64Url } from "../../../src/client/mls/encoding.ts";
import { decodeKeyPackage } from "../../../src/client/mls/wire.ts";
import { newId } from "../../../src/core/ids.ts";
import { checkCommit } from "../../../src/encryption/mls/commit_check.ts";
import { parseGroupInfo } from "../../../src/encryption/mls/group_info.ts";
import { parseFramedMessage, type PublicMessage } from "../../../src/encryption/mls/mls_message.ts";
import { World } from "../../client/mls/world.ts";
import { forgeCommit, memberOf } from "../forged_commit.ts";
import { forgeKeyPackage } from "../forged_key_package.ts";

Deno.test("checking a Commit that adds hundreds leaves turns of the event loop to others", async () => {
  const world = new World();
  const creator = await world.device(newId());
  await creator.create();
  const proposals: Proposal[] = [];
  for (let i = 0; i < 300; i++) {
    const keyPackage = decodeKeyPackage(await forgeKeyPackage());
    proposals.push({ proposalType: "add", add: { keyPackage } });
  }
  const forger = await memberOf(creator.store, world.chatId);
  const staged = await forgeCommit(forger, { proposals, withoutPath: true });
  const message = parseFramedMessage(fromBase64Url(staged.commit)) as PublicMessage;
  const after = parseGroupInfo(fromBase64Url(staged.groupInfo));
  let [turns, isOver] = [0, false];
  const others = () => {
    turns++;
    if (!isOver) setImmediate(others);
  };
  setImmediate(others);
  const effect = await checkCommit(message, after, undefined, Date.now());
  isOver = true;
  assert.equal(effect.added.length, 301);
  // 600 signatures take far more than a slice of 10 ms, on any machine.
  assert.ok(turns >= 3, `others had ${turns} turns`);
});
