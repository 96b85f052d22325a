const PREFIX = "realtimechat.draft.";

/** Texts that were begun and not sent, by chat. They outlive a reload, and go with signing out. */
export class Drafts {
  readonly #prefix: string;

  constructor(userId: string) {
    this.#prefix = `${PREFIX}${userId}.`;
  }

  read(chatId: string): string {
    try {
      return localStorage.getItem(this.#prefix + chatId) ?? "";
    } catch {
      return "";
    }
  }

  write(chatId: string, text: string): void {
    try {
      if (text === "") localStorage.removeItem(this.#prefix + chatId);
      else localStorage.setItem(this.#prefix + chatId, text);
    } catch {
      // Storage is full or switched off: the text lasts as long as the page does.
    }
  }

  clear(): void {
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(this.#prefix)) localStorage.removeItem(key);
      }
    } catch {
      // See `write`.
    }
  }
}
