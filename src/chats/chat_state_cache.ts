import type { Membership } from "../model/membership.ts";
import type { Store } from "../store/store.ts";
import type { ChatState } from "./chat_state.ts";

/** Maximum number of memberships in memory, over all chats: about 200 bytes each. */
const MAX_MEMBERS = 100_000;

/** Members up to which all rows of a chat whose head has moved are read again. */
const FEW_MEMBERS = 50;
/** Changed rows after which all rows are read again. */
const MAX_CHANGED = 200;

interface Entry {
  state: ChatState;
  /** True if the head has moved since. */
  isBehind: boolean;
}

/**
 * `fresh` is true if all rows were read for this call, with the read cursors, which have no
 * revision.
 */
export interface CachedState {
  state: ChatState | null;
  fresh: boolean;
}

/**
 * Caches the rows that changes are checked against, for the chats written to last.
 *
 * A cached state may be old, since another instance may have moved the head. That is safe: the
 * store refuses a commit against an old head. Of a large chat whose head has moved, only the chat
 * and the members that have changed since are read.
 */
export class ChatStateCache {
  /** In order of use: the first is evicted first. */
  readonly #entries = new Map<string, Entry>();
  #members = 0;

  constructor(private readonly store: Pick<Store, "chats" | "memberships">) {}

  async get(chatId: string): Promise<CachedState> {
    const cached = this.#entries.get(chatId);
    if (cached && !cached.isBehind) return { state: cached.state, fresh: false };
    const refreshed = cached && await this.#refresh(cached.state);
    const state = refreshed ?? await this.#load(chatId);
    if (state) this.set(state);
    else this.forget(chatId);
    return { state, fresh: !refreshed };
  }

  set(state: ChatState): void {
    this.forget(state.chat.id);
    this.#entries.set(state.chat.id, { state, isBehind: false });
    this.#members += state.members.size;
    for (const chatId of this.#entries.keys()) {
      if (this.#members <= MAX_MEMBERS || chatId === state.chat.id) break;
      this.forget(chatId);
    }
  }

  /**
   * The head is at `rev` now, by default at one that is not known: an older state is read again.
   */
  moved(chatId: string, rev = Infinity): void {
    const entry = this.#entries.get(chatId);
    if (!entry || entry.state.chat.rev >= rev) return;
    if (entry.state.members.size <= FEW_MEMBERS) this.forget(chatId);
    else entry.isBehind = true;
  }

  forget(chatId: string): void {
    const entry = this.#entries.get(chatId);
    if (!entry) return;
    this.#entries.delete(chatId);
    this.#members -= entry.state.members.size;
  }

  /** Returns null if all rows are to be read. */
  async #refresh({ chat: { id, rev }, members }: ChatState): Promise<ChatState | null> {
    const chat = await this.store.chats.byId(id);
    if (!chat || chat.rev < rev) return null;
    const changed = await this.store.memberships.changed(id, rev, chat.rev, MAX_CHANGED);
    if (changed.length === MAX_CHANGED) return null;
    if (changed.length === 0) return { chat, members };
    return { chat, members: new Map([...members, ...byUser(changed)]) };
  }

  /** Reads the head first: a row that is newer than the head makes the commit fail, never wrong. */
  async #load(chatId: string): Promise<ChatState | null> {
    const chat = await this.store.chats.byId(chatId);
    if (!chat) return null;
    return { chat, members: new Map(byUser(await this.store.memberships.ofChat(chatId))) };
  }
}

function byUser(rows: Membership[]): [string, Membership][] {
  return rows.map((row) => [row.userId, row]);
}
