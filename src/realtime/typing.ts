import type { ChatAccess } from "../chats/chat_access.ts";
import type { ContactPolicy } from "../chats/contact_policy.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { Signal } from "../cluster/broker.ts";
import { assertUnfrozen } from "../model/chat.ts";
import type { Store } from "../store/store.ts";
import type { Hub } from "./hub.ts";
import type { Publisher } from "./publisher.ts";

/** This instance, as a key beside the ids of other instances. */
const THIS_INSTANCE = "";

/** One user typing in one chat. */
interface TypingUser {
  chatId: string;
  userId: string;
  /**
   * Expiry timers by instance: the user may type on two devices that are connected to two
   * instances.
   */
  readonly timers: Map<string, ReturnType<typeof setTimeout>>;
  /** Time of the last announcement to the other instances. */
  announcedAt: number;
}

export interface TypingOptions {
  access: Pick<ChatAccess, "requireMember">;
  contactPolicy: Pick<ContactPolicy, "isVisibleIn">;
  store: Pick<Store, "chats">;
  hub: Pick<Hub, "toRoom">;
  publisher: Pick<Publisher, "typing">;
  limits: { typingTimeMs: number };
}

/**
 * Tracks who is typing. Typing expires, since a client that loses its connection cannot end it, and
 * it ends with the message that was being typed.
 *
 * Every instance knows on which instances a user types, and sends its own clients one start and one
 * stop. A start on another instance is repeated while it lasts, and expires with its stop or
 * without one.
 */
export class Typing {
  readonly #typing = new Map<string, TypingUser>();

  constructor(private readonly options: TypingOptions) {}

  async start(userId: string, chatId: string): Promise<void> {
    await this.options.access.requireMember(chatId, userId);
    const chat = await this.options.store.chats.byId(chatId);
    if (chat) assertUnfrozen(chat);
    // Typing behind a block is not announced: the others see nothing unusual.
    if (!await this.options.contactPolicy.isVisibleIn(chatId, userId)) return;
    const { typingTimeMs } = this.options.limits;
    const isAnnounced = this.#typing.get(keyOf(chatId, userId))?.timers.has(THIS_INSTANCE);
    const entry = this.#begin(chatId, userId, THIS_INSTANCE, typingTimeMs);
    const now = performance.now();
    if (isAnnounced && now - entry.announcedAt < typingTimeMs / 2) return;
    entry.announcedAt = now;
    this.options.publisher.typing(chatId, userId, true);
  }

  async stop(userId: string, chatId: string): Promise<void> {
    await this.options.access.requireMember(chatId, userId);
    this.#end(keyOf(chatId, userId), THIS_INSTANCE);
  }

  /** A sender has stopped typing; clients infer it from the message, so no stop is sent. */
  committed(commit: ChatCommit): void {
    if (this.#typing.size === 0) return;
    for (const step of commit.steps) {
      if (step.type !== "message.created") continue;
      this.#end(keyOf(commit.chatId, step.message.senderId), THIS_INSTANCE, true);
    }
  }

  /** Applies a signal of another instance. */
  signal({ chatId, userId, typing, silent }: Signal & { type: "typing" }, instance: string): void {
    // Twice the time: a start is repeated every half of it, and a stop is signaled.
    if (typing) this.#begin(chatId, userId, instance, 2 * this.options.limits.typingTimeMs);
    else this.#end(keyOf(chatId, userId), instance, silent);
  }

  /** Ends all typing on an instance that is gone. */
  gone(instance: string): void {
    for (const key of [...this.#typing.keys()]) this.#end(key, instance);
  }

  close(): void {
    for (const key of [...this.#typing.keys()]) this.#end(key, THIS_INSTANCE);
    for (const { timers } of this.#typing.values()) {
      for (const timer of timers.values()) clearTimeout(timer);
    }
    this.#typing.clear();
  }

  #begin(chatId: string, userId: string, instance: string, ms: number): TypingUser {
    const key = keyOf(chatId, userId);
    let entry = this.#typing.get(key);
    if (!entry) {
      entry = { chatId, userId, timers: new Map(), announcedAt: -Infinity };
      this.#typing.set(key, entry);
      this.#sendEvent(entry, true);
    }
    clearTimeout(entry.timers.get(instance));
    const timer = setTimeout(() => this.#end(key, instance), ms);
    Deno.unrefTimer(timer);
    entry.timers.set(instance, timer);
    return entry;
  }

  #end(key: string, instance: string, silent = false): void {
    const entry = this.#typing.get(key);
    if (!entry?.timers.has(instance)) return;
    clearTimeout(entry.timers.get(instance));
    entry.timers.delete(instance);
    if (instance === THIS_INSTANCE) {
      this.options.publisher.typing(entry.chatId, entry.userId, false, silent);
    }
    if (entry.timers.size > 0) return;
    this.#typing.delete(key);
    if (!silent) this.#sendEvent(entry, false);
  }

  #sendEvent({ chatId, userId }: TypingUser, typing: boolean): void {
    this.options.hub.toRoom(chatId, { event: "typing", chatId, data: { userId, typing } }, userId);
  }
}

function keyOf(chatId: string, userId: string): string {
  return `${chatId}:${userId}`;
}
