import assert from "node:assert/strict";
import { ChatGroups } from "../../../src/client/encryption/chat_groups.ts";
import { KnownKeys } from "../../../src/client/encryption/known_keys.ts";
import type { Plaintexts } from "../../../src/client/encryption/plaintexts.ts";
import type { Timeline } from "../../../src/client/encryption/timeline.ts";
import { Verification } from "../../../src/client/encryption/verification.ts";
import { newId } from "../../../src/core/ids.ts";
import { type Answers, contextWith, refusal } from "./world.ts";

/**
 * Opens the groups of a device that is alone in the group of a chat. `answers` returns the server's
 * responses by operation; without one for `chat.changes`, the chat has no changes.
 */
async function alone(answers: (of: { chatId: string; groupInfo: string }) => Answers) {
  const chatId = newId();
  const other: Answers = {
    "chat.changes": ({ after }: { after: number }) => {
      return { chatId, rev: after, messages: [], commits: [], more: false };
    },
  };
  const world = await contextWith(other);
  const { context } = world;
  await context.lock.take();
  const group = await context.device.createGroup(chatId);
  Object.assign(other, answers({ chatId, groupInfo: await group.exportGroupInfo() }));
  const groups = new ChatGroups({
    context,
    plaintexts: { keepOwn: () => Promise.resolve() } as unknown as Plaintexts,
    timeline: {} as Timeline,
    knownKeys: new KnownKeys(context, new Verification(context), () => {}),
    onFault: (error) => assert.fail(error as Error),
  });
  const names = () => world.calls.map(({ name }) => name);
  const end = () => context.lock.release();
  return { ...world, chatId, group, groups, names, [Symbol.dispose]: end };
}

Deno.test("ChatGroups passes a refused change on, and joins again only where the states differ", async () => {
  using world = await alone(({ groupInfo }) => ({
    "mls.commit": () => refusal("forbidden"),
    "mls.groupInfo": () => ({ groupInfo, generation: 0 }),
  }));
  const { groups, group, chatId, names } = world;
  await assert.rejects(groups.change(chatId, () => ({})), { code: "forbidden" });
  assert.equal(names().filter((name) => name === "mls.commit").length, 1);
  assert.equal(group.isPending, false, "the next change begins anew");
});

Deno.test("ChatGroups takes a Welcome off the list that a group it is in has left there", async () => {
  const waiting = { id: newId(), rev: 1, generation: 0, message: "" };
  const items: object[] = [];
  using world = await alone(() => ({
    "mls.welcomes": () => ({ items: [...items] }),
    "mls.welcomeTaken": () => items.splice(0),
  }));
  const { groups, chatId, calls } = world;
  items.push({ ...waiting, chatId });
  await groups.takeWelcomes();
  const taken = calls.filter(({ name }) => name === "mls.welcomeTaken");
  assert.deepEqual(taken.map(({ input }) => input.welcomeId), [waiting.id]);
});

Deno.test("ChatGroups reads the old group before it joins the next by a Welcome", async () => {
  const next = { id: newId(), rev: 3, generation: 1, message: "" };
  using world = await alone(({ chatId }) => ({
    "mls.welcomes": () => ({ items: [{ ...next, chatId }] }),
    "mls.welcomeTaken": () => refusal("not_found"),
  }));
  const { groups, names } = world;
  await groups.takeWelcomes();
  assert.deepEqual(names(), ["mls.welcomes", "chat.changes", "mls.welcomes"]);
});

Deno.test("ChatGroups touches no group once another program may be the device", async () => {
  using world = await alone(() => ({}));
  const { context, groups, chatId, calls } = world;
  const content = { clientId: newId(), text: "x" } as never;
  const changes = { chatId, rev: 1, messages: [], commits: [], more: false } as never;
  context.lock.release();
  for (
    const action of [
      () => groups.takeRows(changes, 0),
      () => groups.catchUp(chatId),
      () => groups.withGroup(chatId, () => assert.fail("it has the group")),
      () => groups.create(newId(), {}, []),
      () => groups.change(chatId, () => ({})),
      () => groups.restart(chatId, []),
      () => groups.send(chatId, content),
      () => groups.forget(chatId),
    ]
  ) await assert.rejects(action, { name: "ChatError", code: "conflict" });
  assert.deepEqual(calls, []);
});

Deno.test("ChatGroups reads what the old group can read before it restarts a chat", async () => {
  using world = await alone(({ groupInfo }) => ({
    "mls.groupInfo": () => ({ groupInfo, generation: 0 }),
    "mls.commit": () => refusal("forbidden"),
    "mls.restart": () => refusal("forbidden"),
  }));
  const { groups, names, chatId } = world;
  await assert.rejects(groups.restart(chatId, []), { code: "forbidden" });
  assert.deepEqual(names().slice(0, 2), ["chat.changes", "mls.groupInfo"]);
});

Deno.test("ChatGroups restarts no chat whose changes the server did not give", async () => {
  using world = await alone(() => ({ "chat.changes": () => refusal("offline") }));
  const { groups, names, chatId } = world;
  await assert.rejects(groups.restart(chatId, []), { code: "offline" });
  assert.deepEqual(names(), ["chat.changes"]);
});

Deno.test("ChatGroups posts nothing where no change is left", async () => {
  using world = await alone(() => ({}));
  const { groups, group, names, chatId } = world;
  await groups.change(chatId, () => null);
  assert.deepEqual(new Set(names()), new Set(["chat.changes"]));
  assert.equal(group.isPending, false);
});

Deno.test("ChatGroups sends an encrypted message with the ids of its files, and without the field if there are none", async () => {
  using world = await alone(() => ({ "message.send": (sent) => sent }));
  const { groups, chatId, calls } = world;
  for (const mediaIds of [["file"], [], undefined]) {
    await groups.send(chatId, { kind: "message", clientId: newId(), text: "x" }, mediaIds);
  }
  const sent = calls.filter(({ name }) => name === "message.send").map(({ input }) => input);
  assert.deepEqual(sent.map(({ mediaIds }) => mediaIds), [["file"], undefined, undefined]);
  assert.deepEqual(sent.map((each) => "mediaIds" in each), [true, false, false]);
});
