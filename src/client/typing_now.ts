/**
 * Milliseconds, above the server's own limit (`typingTimeMs`), for an end that was lost in transit.
 */
const TYPING_EXPIRES_MS = 8_000;
const NO_ONE: readonly string[] = [];

/** The users who are typing now, by chat. Each entry expires by itself unless it is repeated. */
export class TypingNow {
  readonly #timers = new Map<string, Map<string, ReturnType<typeof setTimeout>>>();
  readonly #lists = new Map<string, readonly string[]>();

  constructor(
    private readonly onChange: (chatId: string) => void,
    private readonly expiresMs = TYPING_EXPIRES_MS,
  ) {}

  /** Returns their ids; the array stays the same until it changes. */
  of(chatId: string): readonly string[] {
    return this.#lists.get(chatId) ?? NO_ONE;
  }

  set(chatId: string, userId: string, isTyping: boolean): void {
    let timers = this.#timers.get(chatId);
    if (!timers) this.#timers.set(chatId, timers = new Map());
    clearTimeout(timers.get(userId));
    const hasChanged = isTyping !== timers.has(userId);
    timers.delete(userId);
    if (isTyping) {
      const end = () => this.set(chatId, userId, false);
      timers.set(userId, setTimeout(end, this.expiresMs));
    }
    if (timers.size === 0) this.#timers.delete(chatId);
    if (!hasChanged) return;
    this.#lists.set(chatId, [...timers.keys()]);
    if (timers.size === 0) this.#lists.delete(chatId);
    this.onChange(chatId);
  }

  /** Clears the state, which is unknown without a connection. */
  clear(chatIds: Iterable<string> = [...this.#timers.keys()]): void {
    for (const chatId of chatIds) {
      for (const userId of [...this.#timers.get(chatId)?.keys() ?? []]) {
        this.set(chatId, userId, false);
      }
    }
  }
}
