import type { MessageView } from "../api/views/message.ts";
import { Backoff } from "./backoff.ts";
import { ChatError, isPassing } from "./chat_error.ts";
import type { KeyStore } from "./mls/key_store.ts";
import { Serial } from "../core/serial.ts";
import { fromUtf8, utf8 } from "./utf8.ts";

/**
 * An unsent message, or a change of one: kept until the server has it, and sent under one clientId
 * however often.
 */
export interface Draft<Content> {
  chatId: string;
  clientId: string;
  content: Content;
  /** The reason why the server refused it. It waits to be sent again or dropped. */
  failure?: string;
}

export interface OutboxHost<Content> {
  /** The owner of these messages: another user who signs in here has separate ones. */
  userId(): string;
  /** A draft that is not ready keeps its place in the queue until `open` is called again. */
  isReady(draft: Draft<Content>): boolean;
  /** Resolves with the row that it made, if there is one. */
  send(draft: Draft<Content>): Promise<MessageView | null>;
  onSent(draft: Draft<Content>, message: MessageView | null): void;
  onFailed(draft: Draft<Content>, error: ChatError): void;
  /** Another tab with this storage has sent or dropped it. */
  onGone(draft: Draft<Content>): void;
  /** Receives failures to read or delete in the storage. */
  onFault(error: unknown): void;
}

interface Entry<Content> {
  name: string;
  draft: Draft<Content>;
  /** Another tab may have sent it: it was read from the storage, or an attempt has failed. */
  isShared?: boolean;
  /** Settles the promise of `add`; drafts of an earlier run have none. */
  resolve(message: MessageView | null): void;
  reject(error: ChatError): void;
}

/**
 * Messages of a chat are sent in order, each once the one before is confirmed. A message that fails
 * for lack of a connection waits for the next one; a message that the server refuses is reported as
 * failed.
 */
export class Outbox<Content> {
  readonly #queues = new Map<string, Entry<Content>[]>();
  /** Refused ones, by clientId: kept until they are sent again or dropped. */
  readonly #failed = new Map<string, { name: string; draft: Draft<Content> }>();
  readonly #sending = new Set<string>();
  readonly #adding = new Serial();
  /** Ends the pauses between attempts. */
  readonly #pauses = new Set<() => void>();
  #loading: Promise<Draft<Content>[]> | null = null;
  #next = Date.now();
  #isOpen = false;

  constructor(private readonly storage: KeyStore, private readonly host: OutboxHost<Content>) {}

  /** Returns the unsent messages of an earlier run; read once, before anything is added. */
  load(): Promise<Draft<Content>[]> {
    return this.#loading ??= this.#load().catch((error) => {
      this.#loading = null;
      throw error;
    });
  }

  /**
   * Resolves with the server's row, however long that takes; rejects if the server refuses it, and
   * if it cannot be stored, in which case it is not sent.
   */
  async add(draft: Draft<Content>): Promise<MessageView | null> {
    let settle!: Pick<Entry<Content>, "resolve" | "reject">;
    const sent = new Promise<MessageView | null>((resolve, reject) => settle = { resolve, reject });
    // A caller that does not await it learns of a failure from the model.
    sent.catch(() => {});
    await this.#adding.run(draft.chatId, async () => {
      await this.load();
      const number = String(this.#next++).padStart(16, "0");
      const name = `${this.#prefix()}${number}-${draft.clientId}`;
      await this.#write(name, draft);
      this.#queue(draft.chatId).push({ name, draft, ...settle });
    });
    void this.#run(draft.chatId);
    return await sent;
  }

  /**
   * Sends a refused one again, after the waiting ones of its chat. Throws `not_found` if there is
   * none.
   */
  async resend(clientId: string): Promise<MessageView | null> {
    const { draft: { failure: _, ...draft } } = await this.#takeFailed(clientId);
    return await this.add(draft);
  }

  /** Drops a refused one for good. Throws `not_found` if there is none. */
  async discard(clientId: string): Promise<Draft<Content>> {
    return (await this.#takeFailed(clientId)).draft;
  }

  async #takeFailed(clientId: string): Promise<{ name: string; draft: Draft<Content> }> {
    const entry = this.#failed.get(clientId);
    if (!entry) throw new ChatError("not_found", `No refused message has the clientId ${clientId}`);
    this.#failed.delete(clientId);
    await this.#forget(entry.name);
    return entry;
  }

  /** Number of messages that wait to be sent; refused ones do not count. */
  get size(): number {
    return [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  /** Called on a connection: sends the waiting messages. */
  open(): void {
    this.#isOpen = true;
    for (const chatId of this.#queues.keys()) void this.#run(chatId);
  }

  pause(): void {
    this.#isOpen = false;
    for (const end of this.#pauses) end();
  }

  async #load(): Promise<Draft<Content>[]> {
    const drafts: Draft<Content>[] = [];
    for (const name of await this.storage.names(this.#prefix())) {
      const draft = await this.#read(name);
      if (!draft) continue;
      if (draft.failure !== undefined) this.#failed.set(draft.clientId, { name, draft });
      else {this.#queue(draft.chatId).push({
          name,
          draft,
          isShared: true,
          resolve() {},
          reject() {},
        });}
      drafts.push(draft);
    }
    return drafts;
  }

  /** An unreadable one must not keep the others from being sent. */
  async #read(name: string): Promise<Draft<Content> | null> {
    try {
      const stored = await this.storage.read(name);
      return stored ? JSON.parse(fromUtf8(stored)) : null;
    } catch (error) {
      this.host.onFault(error);
      return null;
    }
  }

  #prefix(): string {
    return `outbox/${this.host.userId()}/`;
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
    while (this.#isOpen && queue.length > 0 && this.host.isReady(queue[0].draft)) {
      const pauseMs = await alone(
        `${this.#prefix()}${chatId}`,
        () => this.#sendFirst(queue, backoff),
      );
      await this.#pause(pauseMs);
    }
    this.#sending.delete(chatId);
    if (queue.length === 0) this.#queues.delete(chatId);
  }

  /** Returns the milliseconds to wait before the next attempt. */
  async #sendFirst(queue: Entry<Content>[], backoff: Backoff): Promise<number> {
    const [entry] = queue;
    if (!this.#isOpen) return 0;
    if (entry.isShared && !await this.#isStored(entry.name)) return this.#dropFirst(queue);
    let message: MessageView | null;
    try {
      message = await this.host.send(entry.draft);
    } catch (error) {
      return await this.#failFirst(queue, error, backoff);
    }
    backoff.reset();
    await this.#forget(queue.shift()!.name);
    this.host.onSent(entry.draft, message);
    entry.resolve(message);
    return 0;
  }

  async #failFirst(queue: Entry<Content>[], error: unknown, backoff: Backoff): Promise<number> {
    const [entry] = queue;
    if (isPassing(error) || isSignedOut(error)) {
      entry.isShared = true;
      return backoff.next(error);
    }
    const known = asChatError(error);
    await this.#keepFailed(queue.shift()!, known);
    this.host.onFailed(entry.draft, known);
    entry.reject(known);
    return 0;
  }

  #dropFirst(queue: Entry<Content>[]): number {
    const { draft, reject } = queue.shift()!;
    this.host.onGone(draft);
    reject(new ChatError("conflict", "Another tab has sent it, or dropped it"));
    return 0;
  }

  /** A storage that cannot be read counts as one that has it: sending it twice does no harm. */
  async #isStored(name: string): Promise<boolean> {
    try {
      return (await this.storage.names(name)).length > 0;
    } catch {
      return true;
    }
  }

  /** Keeps its text, also for the next run. */
  async #keepFailed({ name, draft }: Entry<Content>, { message }: ChatError): Promise<void> {
    const failed = { ...draft, failure: message };
    this.#failed.set(draft.clientId, { name, draft: failed });
    await this.#store(name, failed);
  }

  /** If deleting it fails, the next run sends it once more, under the same clientId. */
  async #forget(name: string): Promise<void> {
    await this.#store(name, null);
  }

  /** A message that cannot be stored is refused, and kept as refused while this client lives. */
  async #write(name: string, draft: Draft<Content>): Promise<void> {
    try {
      await this.storage.write({ [name]: utf8(JSON.stringify(draft)) });
    } catch (error) {
      this.#failed.set(draft.clientId, { name, draft });
      throw error;
    }
  }

  async #store(name: string, draft: Draft<Content> | null): Promise<void> {
    try {
      await this.storage.write({ [name]: draft && utf8(JSON.stringify(draft)) });
    } catch (error) {
      this.host.onFault(error);
    }
  }

  async #pause(ms: number): Promise<void> {
    if (!this.#isOpen || ms === 0) return;
    let end!: () => void;
    const over = new Promise<void>((resolve) => end = resolve);
    const timer = setTimeout(end, ms);
    this.#pauses.add(end);
    await over;
    clearTimeout(timer);
    this.#pauses.delete(end);
  }
}

/**
 * Tabs that share a storage send the entries of a chat one after another, if the platform has Web
 * Locks: otherwise one of them could repeat an edit after the next one was sent.
 */
function alone<T>(name: string, action: () => Promise<T>): Promise<T> {
  const { locks } = globalThis.navigator ?? {};
  return locks ? locks.request(`realtimechat ${name}`, action) as Promise<T> : action();
}

/** True if the message must wait until the user has signed in again. */
function isSignedOut(error: unknown): boolean {
  return error instanceof ChatError &&
    ["signed_out", "unauthenticated", "token_expired"].includes(error.code);
}

function asChatError(error: unknown): ChatError {
  if (error instanceof ChatError) return error;
  return new ChatError("bad_answer", (error as Error).message, { cause: error });
}
