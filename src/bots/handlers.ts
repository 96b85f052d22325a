import { toTimestamp } from "../core/clock.ts";
import type { Bot } from "../model/bot.ts";
import { messageView } from "../api/views/message.ts";
import * as operations from "../api/operations/bots.ts";
import { Answer, bind, type Bound } from "../operations/handler.ts";
import type { Bots } from "./bots.ts";
import type { Commands } from "./commands.ts";
import type { Hooks } from "./hooks.ts";

export interface BotServices {
  bots: Bots;
  hooks: Hooks;
  commands: Commands;
}

export function botHandlers(services: BotServices): Bound[] {
  return [...administration(services), ...programs(services), ...hookHandlers(services)];
}

function administration({ bots }: BotServices): Bound[] {
  return [
    bind(operations.createBot, async (caller, input) => {
      const { bot, token } = await bots.create(caller, input);
      return { ...botView(bot), token };
    }),
    bind(operations.listBots, async (_caller, { limit, cursor = null }) => {
      const found = await bots.list({ before: cursor, limit });
      return { items: found.map(botView), next: found.length < limit ? null : found.at(-1)!.id };
    }),
    bind(operations.rotateBot, async (caller, { bot: id }) => {
      const { bot, token } = await bots.rotate(caller, id);
      return { ...botView(bot), token };
    }),
    bind(operations.endBot, (caller, { bot }) => bots.end(caller, bot)),
  ];
}

function programs({ bots, commands }: BotServices): Bound[] {
  return [
    bind(operations.signInBot, async (visitor, { token }) => {
      const { userId, pair } = await bots.signIn(token, visitor);
      return { userId, ...pair };
    }),
    bind(operations.setCommands, async ({ userId }, input) => {
      return { items: await bots.setCommands(userId, input.commands), next: null };
    }),
    bind(operations.listCommands, async ({ userId }, { chatId }) => {
      return { items: await commands.of(userId, chatId), next: null };
    }),
  ];
}

function hookHandlers({ hooks }: BotServices): Bound[] {
  return [
    bind(operations.createHook, async (caller, { chatId, name }) => {
      const { bot, secret } = await hooks.create(caller, chatId, name);
      return { ...hookView(bot), path: `/api/incoming/${bot.id}/${secret}` };
    }),
    bind(operations.listHooks, async ({ userId }, { chatId }) => {
      return { items: (await hooks.list(userId, chatId)).map(hookView), next: null };
    }),
    bind(operations.endHook, (caller, { chatId, hook }) => hooks.end(caller, chatId, hook)),
    bind(operations.postByHook, async (_visitor, { hook, secret, ...post }) => {
      const { message, repeated } = await hooks.post(hook, secret, post);
      return new Answer(repeated ? 200 : 201, messageView(message));
    }),
  ];
}

function botView({ id, name, commands, createdAt }: Bot) {
  return { id, name, commands, createdAt: toTimestamp(createdAt) };
}

function hookView({ id, chatId, name, createdBy, createdAt }: Bot) {
  return { id, chatId: chatId!, name, createdBy, createdAt: toTimestamp(createdAt) };
}
