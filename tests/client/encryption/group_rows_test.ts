import assert from "node:assert/strict";
import type { ChangesView } from "../../../src/api/views/changes.ts";
import type { ChatView } from "../../../src/api/views/chat.ts";
import type { ChatGroups } from "../../../src/client/encryption/chat_groups.ts";
import { itemsOf } from "../../../src/client/encryption/chat_items.ts";
import { isStale, postCommit, postRestart } from "../../../src/client/encryption/commit_post.ts";
import { GroupCursors } from "../../../src/client/encryption/group_cursors.ts";
import { StaleLeaves } from "../../../src/client/encryption/stale_leaves.ts";
import { ChatError } from "../../../src/client/chat_error.ts";
import { memoryKeyStore } from "../../../src/client/mls/key_store.ts";
import type { StagedCommit } from "../../../src/client/mls/staged_commit.ts";
import { LiveTimers } from "../live_timers.ts";
import { contextWith, refusal } from "./world.ts";

Deno.test("itemsOf orders messages and Commits by the revision that created them, each once", () => {
  const commit = (rev: number) => ({ rev, commit: `c${rev}` });
  const message = (id: string, seq: number, fields: object = {}) => {
    return { id, seq, ciphertext: "x", deletedAt: null, ...fields };
  };
  const pages = [
    { messages: [message("c", 7), message("a", 2)], commits: [commit(4)] },
    { messages: [message("a", 2, { rev: 9 }), message("d", 8, { ciphertext: undefined })] },
    { messages: [message("b", 3), message("e", 5, { deletedAt: "now" })], commits: [commit(1)] },
  ] as unknown as ChangesView[];
  const items = itemsOf(pages).map((each) => "commit" in each ? each.at : each.message.id);
  assert.deepEqual(items, [1, "a", "b", 4, "c"]);
});

Deno.test("GroupCursors remember each chat's revision beyond the program, until it is forgotten", async () => {
  const store = memoryKeyStore();
  let writes = 0;
  const counting = {
    ...store,
    write: (...args: Parameters<typeof store.write>) => {
      writes++;
      return store.write(...args);
    },
  };
  const cursors = new GroupCursors(counting);
  assert.equal(await cursors.read("chat"), 0);
  await cursors.move("chat", 7);
  await cursors.move("chat", 7);
  await cursors.move("other", 3);
  assert.equal(writes, 2, "nothing is written twice");
  assert.deepEqual([await cursors.read("chat"), await cursors.read("other")], [7, 3]);
  const later = new GroupCursors(store);
  assert.equal(await later.read("chat"), 7);
  await later.forget("chat");
  assert.equal(await later.read("chat"), 0);
  assert.equal(await new GroupCursors(store).read("chat"), 0);
  assert.equal(await new GroupCursors(store).read("other"), 3);
});

Deno.test("a Commit is posted again under one clientId until there is a response, at most six times", async () => {
  const staged = { epoch: 3, commit: "c", groupInfo: "g" } as StagedCommit;
  let failures = 2;
  const { context, calls } = await contextWith({
    "mls.commit": () => failures-- > 0 ? refusal("rate_limited", 1) : { rev: 5, epoch: 4 },
    "mls.restart": () => refusal("unavailable", 1),
  });
  const posted = await postCommit(context.call, "chat", staged, { addUserIds: ["bob"] });
  assert.deepEqual(posted, { rev: 5, epoch: 4 });
  assert.equal(new Set(calls.map(({ input }) => input.clientId)).size, 1);
  const { chatId, epoch, addUserIds, removeUserIds } = calls[2].input;
  assert.deepEqual([chatId, epoch, addUserIds, removeUserIds], ["chat", 3, ["bob"], []]);
  calls.length = 0;
  const restarting = postRestart(context.call, "chat", 1, staged);
  await assert.rejects(restarting, { code: "unavailable" });
  assert.equal(calls.length, 6);
  failures = -1;
  const stale = await contextWith({ "mls.commit": () => refusal("stale_epoch") });
  await assert.rejects(postCommit(stale.context.call, "chat", staged), isStale);
  assert.equal(stale.calls.length, 1, "that is a response");
  assert.equal(isStale(new ChatError("conflict", "")), false);
  assert.equal(isStale(new Error("stale_epoch")), false);
});

/** A group whose roster is these devices, and the changes that are made to it. */
async function leaves(roster: string[], live: string[]) {
  const world = await contextWith({
    "device.ofChat": () => ({ items: live.map((id) => ({ id })) }),
  });
  world.context.model.putChat({ id: "chat", rev: 0 } as ChatView);
  const changes: unknown[] = [];
  const group = { roster: () => roster.map((deviceId) => ({ deviceId })) };
  const groups = {
    withGroup: (_chatId: string, action: (each: typeof group) => unknown) => {
      return Promise.resolve(action(group));
    },
    change: (_chatId: string, make: (each: typeof group) => unknown) => {
      changes.push(make(group));
      return Promise.resolve();
    },
  } as unknown as ChatGroups;
  return { ...world, changes, stale: new StaleLeaves(world.context, groups, fail) };
}

async function settle() {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve));
}

Deno.test("StaleLeaves removes devices that are no longer registered, once and after a while", async () => {
  const random = Math.random;
  Math.random = () => 0.5;
  using timers = new LiveTimers();
  try {
    const world = await leaves(["a", "b", "c"], ["b"]);
    world.stale.removeLater("chat");
    world.stale.removeLater("chat");
    assert.equal(timers.count, 1);
    timers.passTime(1_000);
    await settle();
    assert.deepEqual(world.changes, [{ removeDeviceIds: ["a", "c"] }]);
    assert.deepEqual(world.calls.map(({ input }) => input), [{ chatId: "chat" }]);
    world.stale.removeLater("chat");
    world.stale.removeLater("gone");
    assert.equal(timers.count, 2, "it may be needed again");
    world.stale.close();
    assert.equal(timers.count, 0);
    const none = await leaves(["a"], ["a", "b"]);
    none.stale.removeLater("chat");
    none.stale.removeLater("unknown");
    timers.passTime(1_000);
    await settle();
    assert.deepEqual([none.changes, none.calls.length], [[], 1]);
  } finally {
    Math.random = random;
  }
});

function fail(error: unknown): never {
  assert.fail(error as Error);
}
