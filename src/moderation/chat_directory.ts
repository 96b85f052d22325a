import { notFound } from "../core/errors.ts";
import type { Chat, ChatKind } from "../model/chat.ts";
import type { Membership } from "../model/membership.ts";
import { matches, type QueryTerms, queryTerms } from "../store/search_terms.ts";
import type { Store } from "../store/store.ts";
import { type MatchingPage, newestAmong, newestMatching } from "./newest_matching.ts";

export interface ChatsQuery {
  q?: string;
  memberId?: string;
  kind?: ChatKind;
  frozen?: boolean;
  createdAfter?: number;
  createdBefore?: number;
  limit: number;
  cursor?: string;
}

/** Finds chats for administrators. */
export class ChatDirectory {
  constructor(private readonly store: Pick<Store, "chats" | "memberships">) {}

  async list(query: ChatsQuery): Promise<MatchingPage<Chat>> {
    const { chats } = this.store;
    const { memberId, frozen = false, createdAfter: from = null } = query;
    const { limit, cursor = null, createdBefore = null } = query;
    const words = query.q === undefined ? null : queryTerms(query.q);
    const isMatch = (chat: Chat) => isListed(chat, query, words);
    const page = { limit, cursor, createdBefore, isMatch };
    if (memberId !== undefined) return newestAmong(await this.#ofMember(memberId), page);
    return await newestMatching({
      ...page,
      read: (before, limit) => chats.newest({ before, from, frozen, limit }),
    });
  }

  /** Returns the chat and its present members, longest-standing first. */
  async get(chatId: string): Promise<{ chat: Chat; members: Membership[] }> {
    const chat = await this.store.chats.byId(chatId);
    if (!chat) throw notFound("chat", chatId);
    const rows = await this.store.memberships.ofChat(chatId);
    return { chat, members: rows.filter(({ leftAt }) => leftAt === null) };
  }

  /** A person is in a bounded number of chats. */
  async #ofMember(userId: string): Promise<Chat[]> {
    const rows = await this.store.memberships.ofUser(userId);
    return await this.store.chats.byIds(rows.map(({ chatId }) => chatId));
  }
}

function isListed(chat: Chat, query: ChatsQuery, words: QueryTerms | null): boolean {
  const { kind, frozen, createdAfter = 0, createdBefore = Infinity } = query;
  return (kind === undefined || chat.kind === kind) &&
    (frozen === undefined || frozen === (chat.frozen !== null)) &&
    chat.createdAt >= createdAfter && chat.createdAt < createdBefore &&
    (words === null || matches(chat.name, words));
}
