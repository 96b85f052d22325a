import type { Clock } from "../../core/clock.ts";
import { AppError } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import type { Log } from "../../core/log.ts";
import { type Chat, directKeysOf } from "../../model/chat.ts";
import type { Filters } from "../../model/filters.ts";
import type { Membership } from "../../model/membership.ts";
import type { Message } from "../../model/message.ts";
import type { ScreenedMessage } from "../../model/screened_message.ts";
import { messageView } from "../../api/views/message.ts";
import type { Admit, MessageScreen, Screened } from "../../messages/message_screen.ts";
import type { Store } from "../../store/store.ts";
import { isListed, linkHosts } from "./links.ts";
import type { MessageHook, OpenHook } from "./message_hook.ts";
import { SenderOrder } from "./sender_order.ts";
import type { WordList } from "./word_list.ts";

/** The rules in force on this instance. */
export interface Rules {
  filters: Filters;
  words: WordList;
  /** The administrator who set the filters: reports are in their name. */
  filtersBy: string | null;
  hook: OpenHook | null;
}

export interface ScreeningOptions {
  store: Pick<Store, "chats" | "memberships" | "messages" | "reports">;
  /** Null while there are no rules. */
  rules(): Rules | null;
  hook: MessageHook;
  clock: Clock;
  log: Log;
}

/**
 * Applies the filters, and then asks the hook. Nothing is read or awaited while there are no rules.
 */
export class Screening implements MessageScreen {
  readonly #order = new SenderOrder();
  /** Sends under way, by sender, chat and `clientId`: a repeat waits for the same answer. */
  readonly #underWay = new Map<string, Promise<Screened>>();

  constructor(private readonly options: ScreeningOptions) {}

  get isOn(): boolean {
    return this.options.rules() !== null;
  }

  screen(message: ScreenedMessage, admit: Admit): Promise<Screened> | null {
    const rules = this.options.rules();
    if (rules === null) return null;
    const place = `${message.senderId} ${message.chatId ?? message.recipientId}`;
    const { clientId } = message;
    if (clientId === null) return this.#order.run(place, () => this.#screen(rules, message, admit));
    const key = `${place} ${clientId}`;
    const screened = this.#underWay.get(key) ??
      this.#order.run(place, () => this.#screen(rules, message, admit))
        .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, screened);
    return screened;
  }

  /** Reports the words in the name of the administrator who listed them. */
  async stored(message: Message, reported: string[]): Promise<void> {
    const { store, clock, log } = this.options;
    const reporterId = this.options.rules()?.filtersBy ?? null;
    if (reporterId === null || reported.length === 0) return;
    try {
      await store.reports.create({
        id: newId(),
        reporterId,
        userId: message.senderId,
        messageId: message.id,
        reason: "other",
        details: `Word list: ${reported.join(", ")}`.slice(0, 2000),
        evidence: JSON.stringify(messageView(message)),
        createdAt: clock.now(),
        resolvedAt: null,
        resolvedBy: null,
      });
    } catch (error) {
      log.warn("Reporting a listed word failed", { messageId: message.id, error });
    }
  }

  async #screen(rules: Rules, message: ScreenedMessage, admit: Admit): Promise<Screened> {
    const unchanged = { text: message.text, reported: [] };
    const chat = await this.#chatOf(message);
    // Text for an encrypted chat is refused by the write, and leaves the server in no other way.
    if (chat?.encrypted) return unchanged;
    const chatId = chat?.id ?? null;
    if (await this.#isRepeat(chatId, message)) return unchanged;
    const member = chatId === null
      ? null
      : await this.options.store.memberships.of(chatId, message.senderId);
    // The write refuses it; nothing about a chat of others is asked.
    const isOutside = message.recipientId === null ? member === null : false;
    if (isOutside || (member !== null && member.leftAt !== null)) return unchanged;
    await admit(chat);
    const { refused, reported, text } = rules.words.match(message.text);
    if (refused !== null) throw refusal("it contains a word that is not allowed here");
    this.#checkLinks(rules.filters, text, member);
    if (rules.hook === null) return { text, reported };
    const asked = { ...message, chatId, text };
    return { ...await this.options.hook.ask(rules.hook, asked), reported };
  }

  #checkLinks({ links }: Filters, text: string, member: Membership | null): void {
    if (links.allow === "any" && links.newMemberSeconds === 0) return;
    const hosts = linkHosts(text);
    const joinedAt = member?.joinedAt ?? this.options.clock.now();
    const mayLinkAt = joinedAt + links.newMemberSeconds * 1000;
    if (hosts.length > 0 && mayLinkAt > this.options.clock.now()) {
      throw refusal("new members may not send links yet");
    }
    if (links.allow === "any" || hosts.every((host) => isListed(host, links.hosts))) return;
    throw refusal("it contains a link that is not allowed here");
  }

  /** A send that is stored already is not asked about again. */
  async #isRepeat(
    chatId: string | null,
    { senderId, clientId }: ScreenedMessage,
  ): Promise<boolean> {
    if (chatId === null || clientId === null) return false;
    const keys = [{ senderId, clientId }];
    return (await this.options.store.messages.bySendKeys(chatId, keys)).length > 0;
  }

  /** Null for a chat that does not exist yet. */
  async #chatOf({ chatId, senderId, recipientId }: ScreenedMessage): Promise<Chat | null> {
    const { chats } = this.options.store;
    if (chatId !== null) return await chats.byId(chatId);
    const keys = recipientId === null ? [] : directKeysOf(senderId, recipientId, false);
    const found = await Promise.all(keys.map((key) => chats.byDirectKey(key)));
    const existing = found.filter((chat) => chat !== null);
    return existing.find(({ encrypted }) => !encrypted) ?? existing[0] ?? null;
  }
}

function refusal(reason: string): AppError {
  return new AppError("message_refused", `Cannot send: ${reason}`);
}
