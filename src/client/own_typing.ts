import type { Call } from "./call.ts";

/**
 * Milliseconds between repetitions while the user types: the server's typing state expires after a
 * few seconds.
 */
const REPEAT_MS = 3_000;
/** Milliseconds without a key after which the user has stopped. */
const PAUSE_MS = 5_000;

export interface TypingClient {
  readonly state: string;
  call: Call;
}

/** Notifies the members of a chat that the caller is typing, as rarely as possible. */
export class OwnTyping {
  #chatId: string | null = null;
  #toldAt = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly client: TypingClient) {}

  /** Call it on every key press; a user types in one chat at a time. */
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

  /** Failures are ignored, because the signal is of no use later. */
  #tell(name: "typing.start" | "typing.stop", chatId: string): void {
    const { client } = this;
    if (client.state === "online") client.call(name, { chatId }).catch(() => {});
  }
}
