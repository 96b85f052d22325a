import type { ChatClient } from "../../../client/mod.ts";

const PREFIX = "realtimechat.draft.";
/** Milliseconds after which the client's storage certainly has a draft. */
const STORED_MS = 5_000;

/**
 * Texts that were begun and not sent, by chat. The client keeps them in its sealed storage, and
 * deletes them when the person signs out. A page that is closed cannot wait for that storage, so
 * what was typed last goes to `localStorage` too, until the page is opened again; texts of
 * encrypted chats do not, since they would lie there unsealed.
 */
export class Drafts {
  readonly #prefix: string;
  /** Times of the last changes. */
  readonly #changedAt = new Map<string, number>();

  constructor(private readonly client: ChatClient, signal: AbortSignal) {
    this.#prefix = `${PREFIX}${client.userId}.`;
    for (const [chatId, text] of this.#takeCopies()) this.#set(chatId, text);
    addEventListener("pagehide", () => this.#copy(), { signal });
    // The browser may show a closed page again, in its last state.
    addEventListener("pageshow", () => this.#takeCopies(), { signal });
  }

  read(chatId: string): string {
    return this.client.drafts.get(chatId).text;
  }

  write(chatId: string, text: string): void {
    this.#changedAt.set(chatId, Date.now());
    this.#set(chatId, text);
  }

  /** Forgets the copies; the client deletes its drafts by itself. */
  clear(): void {
    this.#changedAt.clear();
    this.#takeCopies();
  }

  #set(chatId: string, text: string): void {
    this.client.drafts.set(chatId, { ...this.client.drafts.get(chatId), text });
  }

  #copy(): void {
    for (const [chatId, at] of this.#changedAt) {
      const isEncrypted = this.client.model.chat(chatId)?.chat.encrypted ?? true;
      if (isEncrypted || Date.now() - at > STORED_MS) continue;
      try {
        localStorage.setItem(this.#prefix + chatId, this.read(chatId));
      } catch {
        // Storage is full or switched off.
      }
    }
  }

  /** Also takes those of releases that kept all drafts there. */
  #takeCopies(): [chatId: string, text: string][] {
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.#prefix));
      return keys.map((key) => {
        const text = localStorage.getItem(key) ?? "";
        localStorage.removeItem(key);
        return [key.slice(this.#prefix.length), text];
      });
    } catch {
      return [];
    }
  }
}
