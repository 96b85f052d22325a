import type { ChatAccess } from "../chats/chat_access.ts";
import type { Log } from "../core/log.ts";
import type { Bot, BotCommand } from "../model/bot.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { Message } from "../model/message.ts";
import type { Publisher } from "../realtime/publisher.ts";
import type { Store } from "../store/store.ts";

export interface CommandsOptions {
  store: Pick<Store, "bots" | "memberships">;
  access: Pick<ChatAccess, "requireMember">;
  publisher: Pick<Publisher, "toUsers">;
  log: Log;
}

export interface OfferedCommand extends BotCommand {
  botId: string;
}

const COMMAND = /^\/([a-z][a-z0-9_-]{0,31})(?:\s+([^]*))?$/;

/** Offers the commands of a chat's bots, and passes messages that begin with one to its bots. */
export class Commands {
  constructor(private readonly options: CommandsOptions) {}

  /** In order of their names. */
  async of(callerId: string, chatId: string): Promise<OfferedCommand[]> {
    await this.options.access.requireMember(chatId, callerId);
    const bots = await this.#botsIn(chatId);
    return bots.flatMap(({ id, commands }) =>
      commands.map((command) => ({ ...command, botId: id }))
    ).sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** Listens to commits. The message is durable: a bot that is away finds it by catching up. */
  committed(commit: ChatCommit): void {
    for (const step of commit.steps) {
      if (step.type !== "message.created" || step.message.shadow) continue;
      if (!step.message.text.startsWith("/")) continue;
      this.#pass(step.message).catch((error) => {
        this.options.log.warn("Command delivery failed", { chatId: commit.chatId, error });
      });
    }
  }

  async #pass({ id: messageId, chatId, senderId: fromId, text }: Message): Promise<void> {
    const [, name, args = ""] = COMMAND.exec(text) ?? [];
    if (name === undefined) return;
    const bots = (await this.#botsIn(chatId)).filter(({ id, commands }) =>
      id !== fromId && commands.some((command) => command.name === name)
    );
    const data = { messageId, fromId, name, args };
    this.options.publisher.toUsers(bots.map(({ id }) => id), { event: "command", chatId, data });
  }

  async #botsIn(chatId: string): Promise<Bot[]> {
    const { store } = this.options;
    const members = await store.memberships.ofChat(chatId);
    const present = members.filter(({ leftAt }) => leftAt === null).map(({ userId }) => userId);
    const bots = await store.bots.byIds(present);
    return bots.filter(({ endedAt, commands }) => endedAt === null && commands.length > 0);
  }
}
