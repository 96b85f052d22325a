import type { Chat } from "../model/chat.ts";
import type { Changes } from "../api/views/changes.ts";
import type { ChangeFeed, ChatCursor, FeedLimits } from "./change_feed.ts";
import { rowBytes } from "./row_size.ts";

/** Number of chats read together: most of them changed by a row or two. */
const CHATS_TOGETHER = 50;
const MAX_ROWS_TOGETHER = 200;

/**
 * Reads the changes of many chats, which the caller requests one by one and in their order. Chats
 * with few changes are read together; a chat with many changes, or an encrypted one, is read
 * separately.
 */
export class ChangeReader {
  readonly #waiting: ChatCursor[];
  readonly #unread: Set<string>;
  readonly #after: Map<string, number>;
  #read = new Map<string, Changes>();

  constructor(private readonly feed: ChangeFeed, chats: readonly ChatCursor[]) {
    this.#after = new Map(chats.map(({ chat, after }) => [chat.id, after]));
    // A cursor past the head belongs to another history; `ChangeFeed.after` handles that case.
    this.#waiting = chats.filter(({ chat, after }) => after < chat.rev && !chat.encrypted);
    this.#unread = new Set(this.#waiting.map(({ chat }) => chat.id));
  }

  /** Returns the result of `ChangeFeed.after` for one of the chats. */
  async of(chat: Chat, limits: Required<FeedLimits>): Promise<Changes> {
    if (this.#unread.has(chat.id)) await this.#readFrom(chat, limits.rows);
    const changes = this.#read.get(chat.id);
    if (changes && fits(changes, limits)) return changes;
    return await this.feed.after(chat.id, this.#after.get(chat.id)!, limits);
  }

  /** Reads the next chats together; `chat` is the first of them that is still requested. */
  async #readFrom(chat: Chat, rows: number): Promise<void> {
    const at = this.#waiting.findIndex((each) => each.chat === chat);
    const next = this.#waiting.splice(0, at + CHATS_TOGETHER).slice(at);
    for (const each of next) this.#unread.delete(each.chat.id);
    const changes = await this.feed.together(next, Math.min(rows, MAX_ROWS_TOGETHER));
    this.#read = new Map((changes ?? []).map((each) => [each.chatId, each]));
  }
}

export function rowsIn({ messages, members, commits }: Changes) {
  return [...messages, ...members, ...commits];
}

function fits(changes: Changes, { rows, bytes }: Required<FeedLimits>): boolean {
  const all = rowsIn(changes);
  return all.length <= rows && all.reduce((sum, row) => sum + rowBytes(row), 0) < bytes;
}
