import type { ChatClient, LocalMessage, Output } from "../../../client/mod.ts";
import { isQuiet } from "./is_quiet.ts";

type Settings = Output<"notification.settings">;
type ChatSettings = Output<"chat.notifications">;

/**
 * Tells which messages the person wants to be notified of, by the rules that the server has for
 * pushes: settings for each kind, quiet hours, and the level of each chat.
 */
export class AlertRules {
  #settings: Promise<Settings> | null = null;
  readonly #chats = new Map<string, Promise<ChatSettings>>();

  constructor(private readonly client: ChatClient) {}

  /** They may have been changed, here or on another device. */
  forget(chatId?: string): void {
    if (chatId === undefined) this.#settings = null;
    else this.#chats.delete(chatId);
  }

  async settings(): Promise<Settings> {
    return await (this.#settings ??= this.client.call("notification.settings", {}));
  }

  /** Returns the kind of notification that the message is; null if it is none. */
  async kindOf(chatId: string, message: LocalMessage): Promise<keyof Settings["kinds"] | null> {
    if (this.client.inbox.row(chatId)?.muted) return null;
    const isMention = message.mentions.includes(this.client.userId);
    const { level } = await this.#ofChat(chatId);
    if (level === "none" || (level === "mentions" && !isMention)) return null;
    const kind = isMention ? "mention" : this.#isReply(chatId, message) ? "reply" : "message";
    return await this.allows(kind) ? kind : null;
  }

  async allows(kind: keyof Settings["kinds"]): Promise<boolean> {
    const { kinds, quietHours } = await this.settings();
    return kinds[kind] && !isQuiet(quietHours, new Date());
  }

  async #ofChat(chatId: string): Promise<ChatSettings> {
    let found = this.#chats.get(chatId);
    if (!found) {
      found = this.client.call("chat.notifications", { chatId });
      this.#chats.set(chatId, found);
    }
    return await found;
  }

  #isReply(chatId: string, { replyTo }: LocalMessage): boolean {
    const replied = replyTo && this.client.model.chat(chatId)?.messages.get(replyTo);
    return !!replied && replied.senderId === this.client.userId;
  }
}
