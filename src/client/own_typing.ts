import type { Call } from "./call.ts";

/** The server forgets it after a few seconds, so it is repeated while the person types on. */
const REPEAT_MS = 3_000;
/** A person who has typed nothing for so long has stopped. */
const PAUSE_MS = 5_000;

export interface TypingClient {
  readonly state: string;
  call: Call;
}

/** Tells the members of a chat that the caller is typing, as rarely as will do. */
export class OwnTyping {
  #chatId: string | null = null;
  #toldAt = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly client: TypingClient) {}

  /** To be called on every key; nobody types in two chats at once. */
  signal(chatId: string, isTyping: boolean): void {
    if (!isTyping) return chatId === this.#chatId ? this.stop() : undefined;
    if (chatId !== this.#chatId) this.stop();
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.stop(), PAUSE_MS);
    const now = Date.now();
    if (this.#chatId !== null && now - this.#toldAt < REPEAT_MS) return;
    [this.#chatId, this.#toldAt] = [chatId, now];
    this.#tell("typing.start", chatId);
  }

  stop(): void {
    clearTimeout(this.#pause);
    if (this.#chatId !== null) this.#tell("typing.stop", this.#chatId);
    this.#chatId = null;
  }

  /** Of no use later, so that a failure is nobody's concern. */
  #tell(name: "typing.start" | "typing.stop", chatId: string): void {
    const { client } = this;
    if (client.state === "online") client.call(name, { chatId }).catch(() => {});
  }
}
