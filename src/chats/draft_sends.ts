import type { Message } from "../model/message.ts";
import type { MessageStore, SendKey } from "../store/message_store.ts";

/** Names a send within a chat. */
export function sendKey(senderId: string, clientId: string): string {
  return `${senderId}:${clientId}`;
}

/** The sends of a draft, and those that are stored already: a send that is repeated is found. */
export class DraftSends {
  readonly #sends = new Map<string, Message>();
  #repeatedRev = 0;

  /** `stored` are sends that are already known to be stored, by `sendKey`. */
  constructor(
    private readonly chatId: string,
    private readonly source: Pick<MessageStore, "bySendKeys">,
    private readonly stored: ReadonlyMap<string, Message>,
  ) {}

  /** Highest revision of the messages that turned out to be stored already; 0 if there was none. */
  get repeatedRev(): number {
    return this.#repeatedRev;
  }

  get(senderId: string, clientId: string): Message | null {
    const key = sendKey(senderId, clientId);
    return this.#sends.get(key) ?? this.#repeated(this.stored.get(key));
  }

  /** As `get`, but looks in the store too. */
  async find(senderId: string, clientId: string): Promise<Message | null> {
    const known = this.get(senderId, clientId);
    if (known) return known;
    const [stored] = await this.source.bySendKeys(this.chatId, [{ senderId, clientId }]);
    return this.#repeated(stored);
  }

  keys(): SendKey[] {
    return [...this.#sends.values()].map(({ senderId, clientId }) => ({ senderId, clientId }));
  }

  add(message: Message): void {
    this.#sends.set(sendKey(message.senderId, message.clientId), message);
  }

  /** Forgets the draft's own sends. */
  clear(): void {
    this.#sends.clear();
  }

  #repeated(message: Message | undefined): Message | null {
    this.#repeatedRev = Math.max(this.#repeatedRev, message?.rev ?? 0);
    return message ?? null;
  }
}
