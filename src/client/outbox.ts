import { delay } from "../core/delay.ts";
import type { MessageView } from "../wire/message.ts";
import { Backoff } from "./backoff.ts";
import { ChatError, isPassing } from "./chat_error.ts";
import { fromUtf8, utf8 } from "./mls/encoding.ts";
import type { KeyStore } from "./mls/key_store.ts";

/** A message on its way: kept until the server has it, and sent under one clientId however often. */
export interface Draft<Content> {
  chatId: string;
  clientId: string;
  content: Content;
}

export interface OutboxHost<Content> {
  send(draft: Draft<Content>): Promise<MessageView>;
  onSent(draft: Draft<Content>, message: MessageView): void;
  onFailed(draft: Draft<Content>, error: ChatError): void;
}

const PREFIX = "outbox/";

interface Waiter {
  resolve(message: MessageView): void;
  reject(error: ChatError): void;
}

interface Entry<Content> {
  name: string;
  draft: Draft<Content>;
  waiters: Waiter[];
}

/**
 * Sends of a chat leave in order, each once it is known that the one before is there. What fails for want
 * of a connection waits for the next one; what the server refuses is given back.
 */
export class Outbox<Content> {
  readonly #queues = new Map<string, Entry<Content>[]>();
  readonly #sending = new Set<string>();
  #next = Date.now();
  #open = false;

  constructor(private readonly storage: KeyStore, private readonly host: OutboxHost<Content>) {}

  /** What an earlier run could not send any more. */
  async load(): Promise<Draft<Content>[]> {
    const drafts: Draft<Content>[] = [];
    for (const name of await this.storage.names(PREFIX)) {
      const draft = JSON.parse(fromUtf8((await this.storage.read(name))!)) as Draft<Content>;
      this.#queue(draft.chatId).push({ name, draft, waiters: [] });
      drafts.push(draft);
    }
    return drafts;
  }

  /** Resolves with the server's row, whenever that is; rejects when the server refuses it. */
  async add(draft: Draft<Content>): Promise<MessageView> {
    let waiter!: Waiter;
    const sent = new Promise<MessageView>((resolve, reject) => waiter = { resolve, reject });
    // Whoever does not wait for it learns of a failure from the model.
    sent.catch(() => {});
    const name = PREFIX + String(this.#next++).padStart(16, "0");
    this.#queue(draft.chatId).push({ name, draft, waiters: [waiter] });
    await this.storage.write({ [name]: utf8(JSON.stringify(draft)) });
    void this.#run(draft.chatId);
    return await sent;
  }

  get size(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  /** There is a connection: whatever waits may go. */
  open(): void {
    this.#open = true;
    for (const chatId of this.#queues.keys()) void this.#run(chatId);
  }

  pause(): void {
    this.#open = false;
  }

  #queue(chatId: string): Entry<Content>[] {
    let queue = this.#queues.get(chatId);
    if (!queue) this.#queues.set(chatId, queue = []);
    return queue;
  }

  async #run(chatId: string): Promise<void> {
    if (this.#sending.has(chatId)) return;
    this.#sending.add(chatId);
    const queue = this.#queue(chatId);
    const backoff = new Backoff();
    while (this.#open && queue.length > 0) {
      const entry = queue[0];
      try {
        const message = await this.host.send(entry.draft);
        await this.#remove(queue, entry);
        this.host.onSent(entry.draft, message);
        for (const { resolve } of entry.waiters) resolve(message);
        backoff.reset();
      } catch (error) {
        if (isPassing(error)) await this.#pause(error as ChatError, backoff);
        else await this.#giveBack(queue, entry, error);
      }
    }
    this.#sending.delete(chatId);
  }

  async #giveBack(queue: Entry<Content>[], entry: Entry<Content>, error: unknown): Promise<void> {
    const known = error instanceof ChatError
      ? error
      : new ChatError("bad_answer", (error as Error).message, { cause: error });
    await this.#remove(queue, entry);
    this.host.onFailed(entry.draft, known);
    for (const { reject } of entry.waiters) reject(known);
  }

  async #remove(queue: Entry<Content>[], entry: Entry<Content>): Promise<void> {
    queue.splice(queue.indexOf(entry), 1);
    await this.storage.write({ [entry.name]: null });
  }

  async #pause(error: ChatError, backoff: Backoff): Promise<void> {
    if (!this.#open) return;
    await delay(error.retryAfterMs ?? backoff.next());
  }
}
