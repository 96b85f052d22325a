import type { ChatAccess } from "../chats/chat_access.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { Publisher } from "./publisher.ts";

/**
 * Who is writing, for as long as they say so. It ends by itself, since a client that loses its
 * connection cannot take it back, and with the message that was being written.
 */
export class Typing {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(
    private readonly access: ChatAccess,
    private readonly publisher: Publisher,
    private readonly limits: { typingTimeMs: number },
  ) {}

  async start(userId: string, chatId: string): Promise<void> {
    await this.access.requireMember(chatId, userId);
    const key = keyOf(chatId, userId);
    const known = this.#timers.has(key);
    clearTimeout(this.#timers.get(key));
    const timer = setTimeout(() => this.#end(userId, chatId), this.limits.typingTimeMs);
    Deno.unrefTimer(timer);
    this.#timers.set(key, timer);
    if (!known) this.#announce(userId, chatId, true);
  }

  async stop(userId: string, chatId: string): Promise<void> {
    await this.access.requireMember(chatId, userId);
    this.#end(userId, chatId);
  }

  /** Who has sent has stopped writing; clients know it from the message, so nobody is told. */
  committed(commit: ChatCommit): void {
    if (this.#timers.size === 0) return;
    for (const step of commit.steps) {
      if (step.type === "message.created") {
        this.#forget(keyOf(commit.chatId, step.message.senderId));
      }
    }
  }

  close(): void {
    for (const key of [...this.#timers.keys()]) this.#forget(key);
  }

  #end(userId: string, chatId: string): void {
    if (this.#forget(keyOf(chatId, userId))) this.#announce(userId, chatId, false);
  }

  #forget(key: string): boolean {
    clearTimeout(this.#timers.get(key));
    return this.#timers.delete(key);
  }

  #announce(userId: string, chatId: string, typing: boolean): void {
    this.publisher.toRoom(chatId, { event: "typing", chatId, data: { userId, typing } }, userId);
  }
}

function keyOf(chatId: string, userId: string): string {
  return `${chatId}:${userId}`;
}
