import type { AccountChanges } from "../auth/account_changes.ts";
import type { Accounts } from "../auth/accounts.ts";
import type { Sessions, TokenPair } from "../auth/sessions.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, notFound } from "../core/errors.ts";
import { idsOf, newId } from "../core/ids.ts";
import type { Bot, BotCommand } from "../model/bot.ts";
import type { Visitor } from "../model/caller.ts";
import { suspensionAt } from "../model/user.ts";
import type { AdminCaller } from "../operations/handler.ts";
import type { Store } from "../store/store.ts";
import { botTokenOf, hasSecret, newSecret, parseBotToken, secretHashOf } from "./bot_token.ts";

export interface NewBot {
  name: string;
  username: string;
}

/** A bot with the token that is shown once. */
export interface MadeBot {
  bot: Bot;
  token: string;
}

export interface BotsOptions {
  store: Pick<Store, "bots" | "users">;
  accounts: Pick<Accounts, "create">;
  sessions: Pick<Sessions, "open" | "end">;
  changes: AccountChanges;
  clock: Clock;
}

/** Makes people that programs play, signs them in by their tokens, and ends them. */
export class Bots {
  constructor(private readonly options: BotsOptions) {}

  async create(caller: AdminCaller, { name, username }: NewBot): Promise<MadeBot> {
    const bot = await this.make(caller, { kind: "bot", chatId: null, name, username });
    return { bot: bot.bot, token: botTokenOf(bot.bot.id, bot.secret) };
  }

  /** Makes the user and the bot's own row. Throws `conflict` for a taken username. */
  async make(
    caller: AdminCaller,
    { kind, chatId, name, username }: NewBot & Pick<Bot, "kind" | "chatId">,
  ): Promise<{ bot: Bot; secret: string }> {
    const { accounts, clock } = this.options;
    const fields = {
      username,
      email: `${newId()}@bot.invalid`,
      displayName: name,
      passwordHash: null,
      emailVerifiedAt: clock.now(),
      isBot: true,
    };
    const secret = newSecret();
    const bot = {
      kind,
      chatId,
      name,
      secretHash: secretHashOf(secret),
      commands: [],
      createdBy: caller.userId,
      createdAt: clock.now(),
      endedAt: null,
    };
    const { id } = await accounts.create(caller, fields, { bot });
    return { bot: { id, ...bot }, secret };
  }

  list(page: { before: string | null; limit: number }): Promise<Bot[]> {
    return this.options.store.bots.list({ kind: "bot", chatId: null, ...page });
  }

  /** Ends the sessions, too: they may be those of a thief of the token before. */
  async rotate(caller: AdminCaller, id: string): Promise<MadeBot> {
    const secret = newSecret();
    await this.#require(id);
    const bot = await this.options.store.bots.update(id, { secretHash: secretHashOf(secret) });
    if (bot === null) throw notFound("bot", id);
    await this.#endSessions(caller, id);
    return { bot, token: botTokenOf(id, secret) };
  }

  /** Its messages stay. */
  async end(caller: AdminCaller, id: string): Promise<void> {
    await this.#require(id);
    await this.close(caller, id);
  }

  /** Ends a bot or a hook: it can never sign in or post again. */
  async close(caller: AdminCaller, id: string): Promise<void> {
    await this.options.store.bots.update(id, { endedAt: this.options.clock.now() });
    await this.#endSessions(caller, id, this.options.clock.now());
  }

  /**
   * Throws `unauthenticated` for anything that is not the token of an active bot, and
   * `account_suspended` for the token of a suspended one.
   */
  async signIn(
    token: string,
    visitor: Visitor,
  ): Promise<{ userId: string; pair: TokenPair }> {
    const bot = await this.#activeBy(token);
    const { pair, sessionId } = await this.options.sessions.open(bot.id, visitor, "bot");
    try {
      // Whatever ended all sessions meanwhile did not see this one.
      await this.#activeBy(token);
    } catch (error) {
      await this.options.sessions.end(sessionId, "ended_by_server");
      throw error;
    }
    return { userId: bot.id, pair };
  }

  async #activeBy(token: string): Promise<Bot> {
    const parts = parseBotToken(token);
    const bot = parts && await this.options.store.bots.byId(parts.id);
    if (
      !bot || bot.kind !== "bot" || bot.endedAt !== null ||
      !hasSecret(bot.secretHash, parts.secret)
    ) {
      throw new AppError("unauthenticated", "Cannot sign in: this is not the token of a bot");
    }
    await this.requireActive(bot.id);
    return bot;
  }

  /** Throws `account_suspended` for a suspended bot or hook, or a suspended person who made one. */
  async requireActive(id: string): Promise<void> {
    const user = await this.options.store.users.byId(id);
    const suspension = user && suspensionAt(user, this.options.clock.now());
    if (!suspension) return;
    // The reason is for the account's owner, and anyone may hold the URL of a webhook.
    const message = user.isBot
      ? `The bot is suspended: ${suspension.reason}`
      : "Cannot post: the person who made the webhook is suspended";
    throw new AppError("account_suspended", message);
  }

  /** Throws `forbidden` for a caller who is not a bot. */
  async setCommands(callerId: string, commands: BotCommand[]): Promise<BotCommand[]> {
    const { bots } = this.options.store;
    const found = await bots.byId(callerId);
    const changed = found?.kind === "bot" ? await bots.update(callerId, { commands }) : null;
    if (changed) return changed.commands;
    throw new AppError("forbidden", "Cannot set commands: only bots have commands");
  }

  async #require(id: string): Promise<Bot> {
    const bot = await this.options.store.bots.byId(id);
    if (bot?.kind === "bot" && bot.endedAt === null) return bot;
    throw notFound("bot", id);
  }

  async #endSessions(
    caller: AdminCaller,
    id: string,
    deactivatedAt?: number,
  ): Promise<void> {
    await this.options.changes.by(caller, id, ({ sessions }) => ({
      ...(deactivatedAt !== undefined && { user: { deactivatedAt } }),
      endSessions: { ids: idsOf(sessions), reason: "ended_by_server" },
      note: { action: "session.ended", details: { sessionId: "all" } },
    }));
  }
}
