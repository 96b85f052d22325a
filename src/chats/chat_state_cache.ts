import type { Store } from "../store/store.ts";
import type { ChatState } from "./chat_draft.ts";

/** Maximum number of memberships in memory, over all chats: about 200 bytes each. */
const MAX_MEMBERS = 100_000;

/**
 * Caches the rows that changes are checked against, for the chats written to last.
 *
 * A cached state may be old, since another instance may have moved the head. That is safe: the
 * store refuses a commit against an old head.
 */
export class ChatStateCache {
  /** In order of use: the first is evicted first. */
  readonly #states = new Map<string, ChatState>();
  #members = 0;

  constructor(private readonly store: Store) {}

  /** `fresh` is true if the state was read for this call. */
  async get(chatId: string): Promise<{ state: ChatState | null; fresh: boolean }> {
    const cached = this.#states.get(chatId);
    if (cached) return { state: cached, fresh: false };
    const state = await this.#load(chatId);
    if (state) this.set(state);
    return { state, fresh: true };
  }

  set(state: ChatState): void {
    this.forget(state.chat.id);
    this.#states.set(state.chat.id, state);
    this.#members += state.members.size;
    for (const chatId of this.#states.keys()) {
      if (this.#members <= MAX_MEMBERS || chatId === state.chat.id) break;
      this.forget(chatId);
    }
  }

  forget(chatId: string): void {
    const state = this.#states.get(chatId);
    if (!state) return;
    this.#states.delete(chatId);
    this.#members -= state.members.size;
  }

  /** Reads the head first: a row that is newer than the head makes the commit fail, never wrong. */
  async #load(chatId: string): Promise<ChatState | null> {
    const chat = await this.store.chats.byId(chatId);
    if (!chat) return null;
    const rows = await this.store.memberships.ofChat(chatId);
    return { chat, members: new Map(rows.map((row) => [row.userId, row])) };
  }
}
