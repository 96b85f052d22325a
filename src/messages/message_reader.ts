import type { ChatAccess } from "../chats/chat_access.ts";
import type { Message } from "../model/message.ts";
import type { HistoryPage } from "../store/message_store.ts";
import type { Store } from "../store/store.ts";

export interface MessagePage {
  items: Message[];
  next: string | null;
}

/** Reads what a member may read. */
export class MessageReader {
  constructor(
    private readonly store: Pick<Store, "messages" | "memberships">,
    private readonly access: ChatAccess,
    private readonly limits: { pins: number; pageSize: number },
  ) {}

  /** `next` is the `seq` to give as `before` (or `after`) of the next page. */
  async history(userId: string, page: HistoryPage): Promise<MessagePage> {
    const limit = this.#pageSize(page.limit);
    const rows = this.store.messages.page({ ...page, limit: limit + 1 });
    const items = await this.#asMember(userId, page.chatId, rows);
    return paged(items, limit, ({ seq }) => String(seq));
  }

  async pinned(userId: string, chatId: string): Promise<MessagePage> {
    const rows = this.store.messages.pinned(chatId, this.limits.pins);
    return { items: await this.#asMember(userId, chatId, rows), next: null };
  }

  /** In one chat, or in all that the user is a member of. */
  async search(
    userId: string,
    search: { query: string; chatId?: string; limit: number; cursor?: string },
  ): Promise<MessagePage> {
    const chatIds = await this.#searchable(userId, search.chatId);
    const { query, cursor: before = null } = search;
    const limit = this.#pageSize(search.limit);
    const { messages, next } = await this.store.messages.search({ chatIds, query, before, limit });
    return { items: messages, next };
  }

  /** Side by side, to wait for the store once: what was read for who may not see it goes nowhere. */
  async #asMember<Rows>(userId: string, chatId: string, rows: Promise<Rows>): Promise<Rows> {
    return (await Promise.all([rows, this.access.requireMember(chatId, userId)]))[0];
  }

  #pageSize(asked: number): number {
    return Math.min(asked, this.limits.pageSize);
  }

  async #searchable(userId: string, chatId?: string): Promise<string[]> {
    if (chatId !== undefined) {
      await this.access.requireMember(chatId, userId);
      return [chatId];
    }
    const memberships = await this.store.memberships.ofUser(userId);
    return memberships.filter((row) => row.leftAt === null).map((row) => row.chatId);
  }
}

/** Of one row more than the page holds: whether there is one tells whether there is a next page. */
function paged(rows: Message[], limit: number, cursorOf: (last: Message) => string): MessagePage {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? cursorOf(items.at(-1)!) : null };
}
