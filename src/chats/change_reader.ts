import type { Chat } from "../model/chat.ts";
import type { Changes } from "../api/views/changes.ts";
import type { ChangeFeed, ChatCursor, FeedLimits } from "./change_feed.ts";
import { rowBytes } from "./row_size.ts";

/** Chats that are read together: most of them changed by a row or two. */
const CHATS_TOGETHER = 50;
const MAX_ROWS_TOGETHER = 200;

/**
 * Reads the changes of many chats, which are asked for one by one and in their order. Those that changed
 * little are read together; one that changed much, or is encrypted, is read by itself.
 */
export class ChangeReader {
  readonly #waiting: ChatCursor[];
  readonly #unread: Set<string>;
  readonly #after: Map<string, number>;
  #read = new Map<string, Changes>();

  constructor(private readonly feed: ChangeFeed, chats: readonly ChatCursor[]) {
    this.#after = new Map(chats.map(({ chat, after }) => [chat.id, after]));
    // A cursor past the head is of another history, which the feed itself answers.
    this.#waiting = chats.filter(({ chat, after }) => after < chat.rev && !chat.encrypted);
    this.#unread = new Set(this.#waiting.map(({ chat }) => chat.id));
  }

  /** As `ChangeFeed.after` for one of the chats. */
  async of(chat: Chat, limits: Required<FeedLimits>): Promise<Changes> {
    if (this.#unread.has(chat.id)) await this.#readFrom(chat, limits.rows);
    const changes = this.#read.get(chat.id);
    if (changes && fits(changes, limits)) return changes;
    return await this.feed.after(chat.id, this.#after.get(chat.id)!, limits);
  }

  /** Reads the next chats, of which this one is the first that is still asked for. */
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
