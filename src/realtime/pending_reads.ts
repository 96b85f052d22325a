/** A read of a user's chats that is under way, and what has happened since it began. */
export interface ChatRead {
  /** Time of its beginning on the clock of `performance.now`. */
  readonly began: number;
  /** The chats that the user joined or left. */
  readonly moved: Set<string>;
  /**
   * The chats of which news came that no room has: a head that was read before may be an old one.
   */
  readonly passed: Set<string>;
}

/** The pending reads of users' chats. */
export class PendingReads {
  readonly #byUser = new Map<string, Set<ChatRead>>();
  readonly #all = new Set<ChatRead>();

  /** Number of users whose chats are being read. */
  get userCount(): number {
    return this.#byUser.size;
  }

  async run<T>(userId: string, work: (read: ChatRead) => Promise<T>): Promise<T> {
    const read = { began: performance.now(), moved: new Set<string>(), passed: new Set<string>() };
    const reads = this.#byUser.get(userId) ?? new Set();
    this.#byUser.set(userId, reads.add(read));
    this.#all.add(read);
    try {
      return await work(read);
    } finally {
      this.#all.delete(read);
      reads.delete(read);
      if (reads.size === 0) this.#byUser.delete(userId);
    }
  }

  /** The user has joined or left the chat. */
  noteMoved(userId: string, chatId: string): void {
    for (const read of this.#byUser.get(userId) ?? []) read.moved.add(chatId);
  }

  /** The chat has news, and no room. */
  notePassed(chatId: string): void {
    for (const read of this.#all) read.passed.add(chatId);
  }
}
