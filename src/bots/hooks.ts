import type { Rate, Rates } from "../api/rate_limits.ts";
import type { ChatAccess } from "../chats/chat_access.ts";
import type { ChatDraft } from "../chats/chat_draft.ts";
import type { ChatWriter } from "../chats/chat_writer.ts";
import { type RateLimiter, requireUse } from "../cluster/rate_limiter.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, notFound } from "../core/errors.ts";
import type { Bot } from "../model/bot.ts";
import type { Caller } from "../model/caller.ts";
import type { CustomData } from "../model/custom_data.ts";
import { assertGroupSize } from "../model/membership.ts";
import type { MessageSender, Sent } from "../messages/message_sender.ts";
import type { Store } from "../store/store.ts";
import { hasSecret } from "./bot_token.ts";
import type { Bots } from "./bots.ts";

export interface HooksOptions {
  store: Pick<Store, "bots" | "chats">;
  bots: Bots;
  access: Pick<ChatAccess, "requireMember">;
  writer: ChatWriter;
  sender: Pick<MessageSender, "send">;
  limiter: RateLimiter;
  rates: Pick<Rates, "incoming">;
  limits: { groupMembers: number };
  clock: Clock;
}

/** Maximum number of incoming webhooks of a chat. */
const MAX_PER_CHAT = 20;
/** Webhooks that one person makes: the user of one that has ended stays, with its messages. */
const PER_MAKER: Rate = { count: 100, periodMs: 24 * 3_600_000 };

export interface Post {
  text: string;
  custom?: CustomData | null;
  clientId?: string;
}

/**
 * Incoming webhooks: secret URLs, each of which posts into one plain group as a bot of its name.
 */
export class Hooks {
  constructor(private readonly options: HooksOptions) {}

  /** For the group's owner and admins. */
  async create(
    caller: Caller,
    chatId: string,
    name: string,
  ): Promise<{ bot: Bot; secret: string }> {
    const { bots, writer, limiter, clock, limits } = this.options;
    await this.#requireAdmin(caller.userId, chatId, "make an incoming webhook");
    if ((await this.#ofChat(chatId)).length >= MAX_PER_CHAT) throw tooMany();
    const refusal = "Cannot make an incoming webhook: you have made too many of them";
    await requireUse(limiter, `hooks:${caller.userId}`, PER_MAKER, refusal);
    const username = `hook-${crypto.randomUUID().slice(0, 13)}`;
    const made = await bots.make(caller, { kind: "hook", chatId, name, username });
    try {
      await writer.write(chatId, async (draft) => {
        // Again, in the order of the chat's changes: others may have been made meanwhile.
        if (await this.#countIn(draft) >= MAX_PER_CHAT) throw tooMany();
        assertGroupSize(draft.chat.memberCount + 1, limits.groupMembers);
        draft.addMember({ userId: made.bot.id, role: "member", joinedAt: clock.now() });
        const origin = { actorId: caller.userId, visitor: caller };
        draft.record(origin, { action: "member.added", userId: made.bot.id });
      });
    } catch (error) {
      await bots.close(caller, made.bot.id);
      throw error;
    }
    return made;
  }

  async list(callerId: string, chatId: string): Promise<Bot[]> {
    await this.#requireAdmin(callerId, chatId, "list incoming webhooks");
    return await this.#ofChat(chatId);
  }

  /** Does nothing if the chat has no such webhook (any more). */
  async end(caller: Caller, chatId: string, id: string): Promise<void> {
    const { store, bots, writer, clock } = this.options;
    await this.#requireAdmin(caller.userId, chatId, "end an incoming webhook");
    const hook = await store.bots.byId(id);
    if (hook?.kind !== "hook" || hook.chatId !== chatId || hook.endedAt !== null) return;
    await bots.close(caller, id);
    await writer.write(chatId, (draft) => {
      const member = draft.member(id);
      if (!member) return;
      draft.updateMember(member, { leftAt: clock.now() });
      const origin = { actorId: caller.userId, visitor: caller };
      draft.record(origin, { action: "member.removed", userId: id });
    });
  }

  /**
   * Throws `not_found` for a wrong secret as for a missing webhook, `account_suspended` if the
   * webhook or the person who made it is suspended, `forbidden` if that person is no longer a
   * member of the group, and `rate_limited` for a webhook that posts too often, whatever the
   * address.
   */
  async post(id: string, secret: string, post: Post): Promise<Sent> {
    const { store, sender, limiter, rates } = this.options;
    const hook = await store.bots.byId(id);
    const isRight = hook?.kind === "hook" && hook.endedAt === null &&
      hasSecret(hook.secretHash, secret);
    if (!isRight) throw notFound("incoming webhook", id);
    const { createdBy } = hook;
    await this.options.bots.requireActive(id);
    if (createdBy !== null) await this.options.bots.requireActive(createdBy);
    const refusal = "Cannot post: the webhook posts too often";
    await requireUse(limiter, `incoming:${id}`, rates.incoming, refusal);
    return await sender.send(id, { ...post, chatId: hook.chatId!, hookMaker: createdBy });
  }

  async #countIn(draft: ChatDraft): Promise<number> {
    const ids = draft.presentMembers().map(({ userId }) => userId);
    const bots = await this.options.store.bots.byIds(ids);
    return bots.filter(({ kind, endedAt }) => kind === "hook" && endedAt === null).length;
  }

  #ofChat(chatId: string): Promise<Bot[]> {
    const page = { kind: "hook" as const, chatId, before: null, limit: MAX_PER_CHAT };
    return this.options.store.bots.list(page);
  }

  async #requireAdmin(userId: string, chatId: string, action: string): Promise<void> {
    const { access, store } = this.options;
    const { role } = await access.requireMember(chatId, userId);
    const chat = await store.chats.byId(chatId);
    if (chat?.kind !== "group" || chat.encrypted) {
      throw new AppError("conflict", `Cannot ${action}: only groups without encryption have them`);
    }
    if (role !== "member") return;
    throw new AppError("forbidden", `Cannot ${action}: only the owner and admins may`);
  }
}

function tooMany(): AppError {
  const message = `Cannot make an incoming webhook: the chat has ${MAX_PER_CHAT} of them`;
  return new AppError("conflict", message);
}
