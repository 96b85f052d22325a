import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { customInput } from "../custom_data.ts";
import {
  chatId,
  clientId,
  cursor,
  id,
  limit,
  line,
  page,
  text,
  timestamp,
  userId,
} from "../fields.ts";
import { operation } from "../operation.ts";
import { MessageView } from "../views/message.ts";
import { username } from "./auth.ts";

const tag = "Bots";

const Command = lazy(() =>
  z.strictObject({
    name: z.string().regex(
      /^[a-z][a-z0-9_-]{0,31}$/,
      "must be 1 to 32 lower-case letters, digits, _ or -, beginning with a letter",
    ).describe("Without the slash"),
    description: line({ max: 100 }),
    usage: line({ min: 0, max: 100 }).default("").describe('The arguments, like "<city> [date]"'),
  })
);

const CommandView = lazy(() =>
  z.object({ name: z.string(), description: z.string(), usage: z.string() })
    .meta({ id: "BotCommand" })
);

const BotView = lazy(() =>
  z.object({
    id: userId,
    name: z.string(),
    commands: z.array(CommandView()),
    createdAt: timestamp,
  }).meta({ id: "Bot" })
);

const NewBotView = lazy(() =>
  BotView().extend({
    token: z.string().describe("For `bot.signIn`; shown only now"),
  }).meta({ id: "NewBot" })
);

const HookView = lazy(() =>
  z.object({
    id: userId.describe("Also the id of the user who posts"),
    chatId,
    name: z.string(),
    createdBy: userId.nullable(),
    createdAt: timestamp,
  }).meta({ id: "IncomingWebhook" })
);

export const createBot = operation({
  name: "bot.create",
  summary: "Make a person that a program plays, with a token for signing in",
  tag,
  access: "admin",
  scope: "bots",
  limit: "write",
  input: () => z.strictObject({ name: line({ max: 100 }), username: username() }),
  output: NewBotView,
  rest: { method: "POST", path: "/admin/bots", status: 201 },
  errors: ["conflict"],
});

export const listBots = operation({
  name: "bot.list",
  summary: "The bots, newest first",
  tag,
  access: "admin",
  scope: "bots",
  limit: "read",
  input: () => z.strictObject({ limit, cursor: cursor.optional() }),
  output: () => page(BotView()),
  rest: { method: "GET", path: "/admin/bots" },
});

export const rotateBot = operation({
  name: "bot.rotate",
  summary: "Give a bot a new token; the one before and its sessions end",
  tag,
  access: "admin",
  scope: "bots",
  limit: "write",
  input: () => z.strictObject({ bot: id }),
  output: NewBotView,
  rest: { method: "POST", path: "/admin/bots/:bot/rotate" },
  errors: ["not_found"],
});

export const endBot = operation({
  name: "bot.end",
  summary: "Keep a bot out for good; its messages stay",
  tag,
  access: "admin",
  scope: "bots",
  limit: "write",
  input: () => z.strictObject({ bot: id }),
  output: null,
  rest: { method: "DELETE", path: "/admin/bots/:bot", status: 204 },
  errors: ["not_found"],
});

export const signInBot = operation({
  name: "bot.signIn",
  summary: "Exchange a bot's token for those of a session, for calls and sockets",
  tag,
  access: "public",
  limit: "login",
  input: () => z.strictObject({ token: z.string().min(1).max(200) }),
  output: () =>
    z.object({
      userId,
      accessToken: z.string(),
      refreshToken: z.string(),
      expiresIn: z.int().describe("Seconds until the access token expires"),
    }),
  rest: { method: "POST", path: "/bots/sign-in" },
  errors: ["unauthenticated", "account_suspended"],
});

export const setCommands = operation({
  name: "bot.setCommands",
  summary: "Declare the slash commands of the calling bot, in place of those before",
  tag,
  access: "session",
  limit: "write",
  input: () =>
    z.strictObject({
      commands: z.array(Command()).max(50).refine(
        (list) => new Set(list.map(({ name }) => name)).size === list.length,
        "must not name one command twice",
      ),
    }),
  output: () => page(CommandView()),
  rest: { method: "PUT", path: "/bots/commands" },
  errors: ["forbidden"],
});

export const listCommands = operation({
  name: "chat.commands",
  summary: "The slash commands that the bots of a chat offer, by name",
  description: "A message that begins with one reaches the bot as the event `command` besides.",
  tag,
  access: "session",
  scope: "chats:read",
  limit: "read",
  input: () => z.strictObject({ chatId }),
  output: () => page(CommandView().extend({ botId: userId }).meta({ id: "OfferedCommand" })),
  rest: { method: "GET", path: "/chats/:chatId/commands" },
  errors: ["not_found"],
});

export const createHook = operation({
  name: "hook.create",
  summary: "Make an incoming webhook: a secret URL that posts into one group",
  tag,
  access: "session",
  limit: "join",
  input: () => z.strictObject({ chatId, name: line({ max: 100 }) }),
  output: () =>
    HookView().extend({
      path: z.string().describe("From the server's root; it contains the secret, shown only now"),
    }).meta({ id: "NewIncomingWebhook" }),
  rest: { method: "POST", path: "/chats/:chatId/incoming-webhooks", status: 201 },
  errors: ["chat_frozen", "forbidden", "not_found", "conflict"],
});

export const listHooks = operation({
  name: "hook.list",
  summary: "The incoming webhooks of a group, newest first",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({ chatId }),
  output: () => page(HookView()),
  rest: { method: "GET", path: "/chats/:chatId/incoming-webhooks" },
  errors: ["forbidden", "not_found", "conflict"],
});

export const endHook = operation({
  name: "hook.end",
  summary: "End an incoming webhook at once; its messages stay",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject({ chatId, hook: id }),
  output: null,
  rest: { method: "DELETE", path: "/chats/:chatId/incoming-webhooks/:hook", status: 204 },
  errors: ["forbidden", "not_found", "conflict"],
});

export const postByHook = operation({
  name: "hook.post",
  summary: "Post into a group by the URL of an incoming webhook",
  tag,
  access: "public",
  limit: "send",
  input: () =>
    z.strictObject({
      hook: id,
      secret: z.string().regex(/^[A-Za-z0-9_-]{43}$/, "must be the secret of the URL")
        .describe("The secret part of the URL"),
      text: text(),
      custom: customInput().optional(),
      clientId: clientId.optional(),
    }),
  output: MessageView,
  rest: {
    method: "POST",
    path: "/incoming/:hook/:secret",
    status: 201,
    also: { 200: "The message that an earlier post with this clientId created" },
  },
  errors: ["chat_frozen", "not_found", "forbidden", "conflict", "account_suspended"],
});
