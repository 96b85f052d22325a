import type { Call } from "./call.ts";
import { isPassing } from "./chat_error.ts";
import type { Model } from "./model.ts";

export interface ReadMarksHost {
  call: Call;
  userId(): string;
  isOnline(): boolean;
  onFault(error: unknown): void;
}

/**
 * Moves the caller's read cursors: locally immediately, and on the server as soon as possible. One
 * request for each chat is in flight, and the last mark wins; marks without a connection are sent
 * with the next one.
 */
export class ReadMarks {
  /** Seqs that the server does not have yet, by chat. */
  readonly #marks = new Map<string, number>();
  readonly #sending = new Set<string>();

  constructor(private readonly model: Model, private readonly host: ReadMarksHost) {}

  mark(chatId: string, seq?: number): void {
    const local = this.model.chat(chatId);
    const userId = this.host.userId();
    const upTo = Math.min(seq ?? Infinity, newestSeq(this.model, chatId));
    if (!local || upTo <= (local.members.get(userId)?.readSeq ?? 0)) return;
    this.#marks.set(chatId, upTo);
    this.model.moveReceipts({ chatId, userId, readSeq: upTo, deliveredSeq: upTo });
    void this.#send(chatId);
  }

  /** Returns the seq that the server does not have yet. */
  of(chatId: string): number | undefined {
    return this.#marks.get(chatId);
  }

  /** Restores a mark of an earlier run, which is sent with the first connection. */
  restore(chatId: string, seq: number): void {
    this.#marks.set(chatId, seq);
  }

  /** Called on a connection. */
  connected(): void {
    for (const chatId of this.#marks.keys()) void this.#send(chatId);
  }

  async #send(chatId: string): Promise<void> {
    if (this.#sending.has(chatId)) return;
    this.#sending.add(chatId);
    try {
      for (let seq = this.#marks.get(chatId); seq !== undefined; seq = this.#marks.get(chatId)) {
        if (!this.host.isOnline()) return;
        await this.host.call("chat.read", { chatId, seq });
        if (this.#marks.get(chatId) === seq) this.#marks.delete(chatId);
      }
    } catch (error) {
      if (!isPassing(error)) this.#marks.delete(chatId);
      this.host.onFault(error);
    } finally {
      this.#sending.delete(chatId);
    }
  }
}

function newestSeq(model: Model, chatId: string): number {
  return model.messagesOf(chatId).findLast(({ seq }) => seq > 0)?.seq ?? 0;
}
