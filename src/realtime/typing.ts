import type { ChatAccess } from "../chats/chat_access.ts";
import type { ContactPolicy } from "../chats/contact_policy.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { Signal } from "../cluster/broker.ts";
import { assertUnfrozen, type Chat, directKeysOf } from "../model/chat.ts";
import type { Store } from "../store/store.ts";
import type { Hub } from "./hub.ts";
import type { Publisher } from "./publisher.ts";

/** This instance, as a key beside the ids of other instances. */
const THIS_INSTANCE = "";

/** One user typing in one chat. */
interface TypingUser {
  chatId: string;
  userId: string;
  /** `directKey` of the chat; null in a group, and where only another instance knows it. */
  directKey: string | null;
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
  store: Pick<Store, "chats" | "users">;
  hub: Pick<Hub, "toRoom">;
  publisher: Pick<Publisher, "typing" | "hideTyping">;
  limits: { typingTimeMs: number };
}

/**
 * Tracks who is typing. Typing expires, since a client that loses its connection cannot end it, and
 * it ends with the message that was being typed, once the user is invisible, and in a direct chat
 * with a block.
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
    if (!chat) return;
    assertUnfrozen(chat);
    // Typing behind a block is not announced: the others see nothing unusual.
    if (!await this.#isVisible(chat, userId)) return;
    const { typingTimeMs } = this.options.limits;
    const isAnnounced = this.#typing.get(keyOf(chatId, userId))?.timers.has(THIS_INSTANCE);
    const entry = this.#begin(chatId, userId, THIS_INSTANCE, typingTimeMs);
    entry.directKey = chat.directKey;
    const now = performance.now();
    if (isAnnounced && now - entry.announcedAt < typingTimeMs / 2) return;
    entry.announcedAt = now;
    this.options.publisher.typing(chatId, userId, true);
  }

  /** Ends, on every instance, what an invisible user was typing. */
  hide(userId: string): void {
    this.#hide(userId);
    this.options.publisher.hideTyping(userId);
  }

  /** Ends, on every instance, what two people were typing to each other. */
  hideBetween(userId: string, peerId: string): void {
    for (const [one, other] of [[userId, peerId], [peerId, userId]]) {
      this.#hide(one, other);
      this.options.publisher.hideTyping(one, other);
    }
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
  signal(signal: Signal & { type: "typing" | "typing.hide" }, instance: string): void {
    if (signal.type === "typing.hide") return this.#hide(signal.userId, signal.peerId);
    const { chatId, userId, typing, silent } = signal;
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

  async #isVisible(chat: Chat, userId: string): Promise<boolean> {
    const { store, contactPolicy } = this.options;
    const user = await store.users.byId(userId);
    if (user?.status.state === "invisible") return false;
    return await contactPolicy.isVisibleIn(chat, userId);
  }

  /** Ends what a user is typing on this instance; the others then receive the stop. */
  #hide(userId: string, peerId?: string): void {
    const keys = peerId === undefined ? null : pairKeys(userId, peerId);
    for (const [key, entry] of [...this.#typing]) {
      if (entry.userId !== userId) continue;
      if (keys === null || keys.has(entry.directKey)) this.#end(key, THIS_INSTANCE);
    }
  }

  #begin(chatId: string, userId: string, instance: string, ms: number): TypingUser {
    const key = keyOf(chatId, userId);
    let entry = this.#typing.get(key);
    if (!entry) {
      entry = { chatId, userId, directKey: null, timers: new Map(), announcedAt: -Infinity };
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

function pairKeys(userId: string, peerId: string): ReadonlySet<string | null> {
  return new Set([false, true].flatMap((encrypted) => directKeysOf(userId, peerId, encrypted)));
}
