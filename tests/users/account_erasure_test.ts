import assert from "node:assert/strict";
import { nextTurn } from "../../src/core/next_turn.ts";
import { jsonLog } from "../../src/core/log.ts";
import { AccountErasure, type AccountErasureOptions } from "../../src/users/account_erasure.ts";

/** Unfinished erasures, each of which takes a few turns of the event loop; "bad" fails. */
function setUp(userIds: string[]) {
  const finished: string[] = [];
  const logged: string[] = [];
  let [running, most] = [0, 0];
  const erase = async (userId: string) => {
    most = Math.max(most, ++running);
    for (let i = 0; i < 3; i++) await nextTurn();
    running--;
    if (userId === "bad") throw new Error("bad");
  };
  const pending = () =>
    userIds.length === 0
      ? Promise.reject(new Error("down"))
      : Promise.resolve(userIds.map((userId) => ({ userId })));
  const erasure = new AccountErasure({
    store: {
      users: { byId: () => Promise.resolve(null), byEmailKey: () => Promise.resolve(null) },
      erasures: { pending, finish: (userId: string) => Promise.resolve(finished.push(userId)) },
    },
    data: [{ erase }],
    changes: { byServer: () => Promise.resolve(null) },
    log: jsonLog("warn", (line) => logged.push(JSON.parse(line).message)),
  } as unknown as AccountErasureOptions);
  return { erasure, finished, logged, most: () => most };
}

Deno.test("AccountErasure resumes one erasure after another, and past one that fails", async () => {
  const { erasure, finished, logged, most } = setUp(["ann", "bad", "bob"]);
  await erasure.resume();
  assert.deepEqual([finished, most()], [["ann", "bob"], 1]);
  assert.deepEqual(logged, ["Account erasure was interrupted; it will be resumed"]);
});

Deno.test("AccountErasure logs that the unfinished erasures cannot be read", async () => {
  const { erasure, logged } = setUp([]);
  await erasure.resume();
  assert.deepEqual(logged, ["Reading unfinished erasures failed"]);
});
