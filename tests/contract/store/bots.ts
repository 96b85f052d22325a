import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Bot } from "../../../src/model/bot.ts";
import { duplicateOf } from "./duplicates.ts";
import { aUser, T0 } from "./rows.ts";
import type { Store } from "../../../src/store/store.ts";
import type { ContractTest } from "./suite.ts";

function aBot(fields: Partial<Bot> = {}): Bot {
  return {
    id: newId(),
    kind: "bot",
    chatId: null,
    name: "Weather",
    secretHash: "hash",
    commands: [],
    createdBy: null,
    createdAt: T0,
    endedAt: null,
    ...fields,
  };
}

/** Stores a bot with its user, as services do it. */
function create(store: Store, bot: Bot): Promise<void> {
  return store.users.create(aUser({ id: bot.id, isBot: true }), { bot });
}

export function botContract(test: ContractTest): void {
  test("a bot is returned as stored, and exists once", async (store) => {
    const commands = [{ name: "weather", description: "Asks for it", usage: "<city>" }];
    const bot = aBot({ commands, createdBy: newId() });
    await create(store, bot);
    assert.deepEqual(await store.bots.byId(bot.id), bot);
    assert.equal(await store.bots.byId(newId()), null);
    assert.deepEqual(await store.bots.byIds([bot.id, newId(), bot.id]), [bot]);
  });

  test("neither a bot nor its user is stored without the other", async (store) => {
    const [bot, other] = [aBot(), aBot()];
    const user = aUser({ id: bot.id });
    await store.users.create(user, { bot });
    const sameName = aUser({ id: other.id, username: user.username });
    await assert.rejects(store.users.create(sameName, { bot: other }), duplicateOf("username"));
    assert.equal(await store.bots.byId(other.id), null);
    const free = aUser();
    await assert.rejects(store.users.create(free, { bot }));
    assert.equal(await store.users.byId(free.id), null);
  });

  test("bots are listed by kind and chat, newest first, without ended ones", async (store) => {
    const chatId = newId();
    const hook = (fields: Partial<Bot> = {}) => aBot({ kind: "hook", chatId, ...fields });
    const all = [aBot(), hook(), hook(), hook({ endedAt: T0 }), hook({ chatId: newId() }), aBot()];
    for (const bot of all) await create(store, bot);
    const list = async (kind: Bot["kind"], chatId: string | null, before: string | null = null) =>
      (await store.bots.list({ kind, chatId, before, limit: 9 })).map((bot) =>
        all.indexOf(
          all.find(({ id }) => id === bot.id)!,
        )
      );
    assert.deepEqual(await list("bot", null), [5, 0]);
    assert.deepEqual(await list("bot", null, all[5].id), [0]);
    assert.deepEqual(await list("hook", chatId), [2, 1]);
  });

  test("a bot that has ended is not changed again", async (store) => {
    const bot = aBot();
    await create(store, bot);
    const changed = await store.bots.update(bot.id, { secretHash: "other" });
    assert.deepEqual(changed, { ...bot, secretHash: "other" });
    const ended = await store.bots.update(bot.id, { endedAt: T0 + 1 });
    assert.deepEqual(ended, { ...changed, endedAt: T0 + 1 });
    assert.equal(await store.bots.update(bot.id, { secretHash: "third" }), null);
    assert.deepEqual(await store.bots.byId(bot.id), ended);
    assert.equal(await store.bots.update(newId(), { endedAt: T0 }), null);
  });
}
