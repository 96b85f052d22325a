import type { Message } from "../model/message.ts";
import type { MessageStore } from "../store/message_store.ts";

/** Where a draft finds messages that are not in it. */
export type MessageSource = Pick<MessageStore, "byId" | "bySendKeys" | "pinned">;

/** The messages of a draft, as its last step left them, beside those of the store. */
export class DraftMessages {
  readonly #rows = new Map<string, Message>();
  readonly #stored = new Map<string, Message>();
  #characters = 0;

  /** `baseRev` is the revision of the chat that the draft begins with. */
  constructor(
    private readonly chatId: string,
    private readonly baseRev: number,
    private readonly source: MessageSource,
  ) {}

  /** Characters of the written messages. */
  get characters(): number {
    return this.#characters;
  }

  /** The stored version of each message that the draft changes. */
  get stored(): ReadonlyMap<string, Message> {
    return this.#stored;
  }

  all(): Message[] {
    return [...this.#rows.values()];
  }

  inserted(): Message[] {
    return this.all().filter((message) => message.seq > this.baseRev);
  }

  updated(): Message[] {
    return this.all().filter((message) => message.seq <= this.baseRev);
  }

  /** Returns a message of this chat, or null. */
  async find(id: string): Promise<Message | null> {
    const message = this.#rows.get(id) ?? await this.source.byId(id);
    return message?.chatId === this.chatId ? message : null;
  }

  /** Returns the number of pinned messages; counts no further than `max`. */
  async countPins(max: number): Promise<number> {
    const changed = this.all();
    const stored = await this.source.pinned(this.chatId, max + changed.length);
    const unchanged = stored.filter(({ id }) => !this.#rows.has(id));
    const pins = unchanged.length + changed.filter(({ pinnedAt }) => pinnedAt !== null).length;
    return Math.min(pins, max);
  }

  /** Remembers a version that is about to be changed, if it is the stored one. */
  keepStored(message: Message): void {
    if (message.rev <= this.baseRev) this.#stored.set(message.id, message);
  }

  set(message: Message): void {
    this.#rows.set(message.id, message);
    this.#characters += message.text.length + (message.ciphertext?.length ?? 0);
  }

  /** Forgets the rows; the stored versions of those that it changed stay known. */
  clear(): void {
    this.#rows.clear();
    this.#characters = 0;
  }
}
