import assert from "node:assert/strict";
import { ChatGroups } from "../../../src/client/encryption/chat_groups.ts";
import { KnownKeys } from "../../../src/client/encryption/known_keys.ts";
import type { Plaintexts } from "../../../src/client/encryption/plaintexts.ts";
import type { Timeline } from "../../../src/client/encryption/timeline.ts";
import { Verification } from "../../../src/client/encryption/verification.ts";
import { newId } from "../../../src/core/ids.ts";
import { type Answers, contextWith, refusal } from "./world.ts";

/** The only device in a chat's group. Its server reports no changes, except for what `answers` holds. */
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
  const groups = new ChatGroups(
    context,
    {} as Plaintexts,
    {} as Timeline,
    new KnownKeys(context, new Verification(context), () => {}),
    (error) => assert.fail(error as Error),
  );
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
