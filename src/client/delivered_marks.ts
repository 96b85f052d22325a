import { isPassing } from "./chat_error.ts";
import type { Model } from "./model.ts";
import type { ReadMarksHost } from "./read_marks.ts";

/** Milliseconds within which the messages of a chat are marked together, on average. */
const DELAY_MS = 1_000;
/** Maximum number of chats that are marked before the next pause. */
const MAX_AT_ONCE = 20;

/**
 * Tells the server up to where the messages of others have reached this device, so that their
 * senders see them as delivered. One request is in flight at a time, and a chat whose messages are
 * marked as read needs none.
 */
export class DeliveredMarks {
  /** Chats with messages that may not be marked yet. */
  readonly #pending = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isSending = false;

  constructor(private readonly model: Model, private readonly host: ReadMarksHost) {
    model.on("chat", ({ chatId, isPassing }) => isPassing || this.#mark(chatId));
    model.on("chats", ({ chatId }) => this.#mark(chatId));
  }

  /** Called on a connection. */
  connected(): void {
    for (const chatId of this.model.chats.keys()) this.#pending.add(chatId);
    this.#sendSoon();
  }

  /** Called at the end of a connection: the next one marks all chats. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending.clear();
  }

  #mark(chatId: string): void {
    if (!this.host.isOnline()) return;
    this.#pending.add(chatId);
    this.#sendSoon();
  }

  /** The delay has a random part: all members of a group receive a message at the same moment. */
  #sendSoon(delayMs = DELAY_MS * (0.5 + Math.random())): void {
    if (this.#isSending || this.#pending.size === 0) return;
    this.#timer ??= setTimeout(() => void this.#send(), delayMs);
  }

  async #send(): Promise<void> {
    this.#timer = undefined;
    this.#isSending = true;
    let delayMs: number | undefined;
    try {
      for (const chatId of [...this.#pending].slice(0, MAX_AT_ONCE)) {
        this.#pending.delete(chatId);
        delayMs = await this.#sendOne(chatId);
        if (delayMs !== undefined || !this.host.isOnline()) break;
      }
    } finally {
      this.#isSending = false;
      if (this.host.isOnline()) this.#sendSoon(delayMs);
    }
  }

  /** Returns the milliseconds after which the server takes more, if it refuses for now. */
  async #sendOne(chatId: string): Promise<number | undefined> {
    const seq = this.#newestSeq(chatId);
    if (seq === undefined) return undefined;
    try {
      const { readSeq, deliveredSeq } = await this.host.call("chat.delivered", { chatId, seq });
      const userId = this.host.userId();
      this.model.moveReceipts({ chatId, userId, readSeq, deliveredSeq });
    } catch (error) {
      if (!isPassing(error)) return undefined;
      this.#pending.add(chatId);
      return (error as { retryAfterMs?: number }).retryAfterMs ?? 10 * DELAY_MS;
    }
  }

  /**
   * Returns the seq of the newest message of others, if the server does not know of its arrival.
   */
  #newestSeq(chatId: string): number | undefined {
    const userId = this.host.userId();
    const self = this.model.chat(chatId)?.members.get(userId);
    if (!self || self.leftAt !== null) return undefined;
    const seq = this.model.messagesOf(chatId)
      .findLast((message) => message.seq > 0 && message.senderId !== userId)?.seq ?? 0;
    return seq > Math.max(self.readSeq, self.deliveredSeq) ? seq : undefined;
  }
}
