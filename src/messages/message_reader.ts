import type { ChatAccess } from "../chats/chat_access.ts";
import { AppError, notFound, quote } from "../core/errors.ts";
import { isId } from "../core/ids.ts";
import { type Membership, visibleTo } from "../model/membership.ts";
import type { Message } from "../model/message.ts";
import type { HistoryPage } from "../store/message_store.ts";
import type { Store } from "../store/store.ts";

export interface MessagePage {
  items: Message[];
  next: string | null;
}

/** Reads of the history that one page may take. */
const MAX_READS = 20;

/** Reads messages, limited to those that the member may see. */
export class MessageReader {
  constructor(
    private readonly store: Pick<Store, "messages" | "memberships">,
    private readonly access: ChatAccess,
    private readonly limits: { pins: number; pageSize: number },
  ) {}

  /** `next` is the `seq` to pass as `before` (or `after`) for the next page. */
  async history(userId: string, page: HistoryPage): Promise<MessagePage> {
    const limit = this.#pageSize(page.limit);
    const read = (after = page.after) =>
      this.store.messages.page({ ...page, after, limit: limit + 1 });
    const { rows, member } = await this.#asMember(userId, page.chatId, read());
    const { hiddenSeq } = member;
    const startsHidden = page.after !== undefined && page.after < hiddenSeq;
    const found = startsHidden ? await read(hiddenSeq) : rows;
    return await this.#shown(member, { ...page, limit }, found);
  }

  /**
   * Reads on where shadowed messages of others leave gaps: a page ends short only after many of
   * them.
   */
  async #shown(member: Membership, page: HistoryPage, first: Message[]): Promise<MessagePage> {
    const items: Message[] = [];
    let rows = first;
    for (let reads = 1;; reads++) {
      const part = rows.slice(0, page.limit);
      for (const message of visibleTo(member, part)) {
        if (items.length < page.limit) items.push(message);
      }
      const last = items.length === page.limit ? items.at(-1)! : part.at(-1);
      const isEnd = rows.length <= page.limit && last === part.at(-1);
      const isPast = last !== undefined && page.after === undefined && last.seq <= member.hiddenSeq;
      if (last === undefined || isEnd || isPast) return { items, next: null };
      if (items.length === page.limit || reads === MAX_READS) {
        return { items, next: String(last.seq) };
      }
      const from = page.after === undefined ? { before: last.seq } : { after: last.seq };
      rows = await this.store.messages.page({ ...page, ...from, limit: page.limit + 1 });
    }
  }

  async pinned(userId: string, chatId: string): Promise<MessagePage> {
    const rows = this.store.messages.pinned(chatId, this.limits.pins);
    const { rows: pinned, member } = await this.#asMember(userId, chatId, rows);
    return { items: visibleTo(member, pinned), next: null };
  }

  /**
   * Searches one chat, or all chats of the user. A page may have fewer messages than requested, or
   * none, and still a next page.
   */
  async search(
    userId: string,
    search: { query: string; chatId?: string; limit: number; cursor?: string },
  ): Promise<MessagePage> {
    const members = await this.#searchable(userId, search.chatId);
    const chatIds = members.map(({ chatId }) => chatId);
    const { query, cursor: before = null } = search;
    const limit = this.#pageSize(search.limit);
    const { messages, next } = await this.store.messages.search({ chatIds, query, before, limit });
    const byChat = new Map(members.map((member) => [member.chatId, member]));
    const items = messages.filter((message) =>
      visibleTo(byChat.get(message.chatId)!, [message]).length > 0
    );
    return { items, next };
  }

  /**
   * Returns who has reacted with `emoji`. `next` names the position and the user of the page's last
   * reaction: if that reaction was removed in the meantime, the next page continues at the
   * position.
   */
  async reactions(
    userId: string,
    messageId: string,
    { emoji, limit, cursor }: { emoji: string; limit: number; cursor?: string },
  ): Promise<{ items: { userId: string }[]; next: string | null; count: number }> {
    const message = await this.store.messages.byId(messageId);
    if (!message) throw notFound("message", messageId);
    const member = await this.store.memberships.of(message.chatId, userId);
    const isVisible = member?.leftAt === null && visibleTo(member, [message]).length > 0;
    if (!isVisible) throw notFound("message", messageId);
    const reaction = message.reactions.find((each) => each.emoji === emoji);
    const userIds = reaction?.userIds ?? [];
    const from = cursor === undefined ? 0 : positionAfter(userIds, cursor);
    const to = from + this.#pageSize(limit);
    const items = userIds.slice(from, to).map((each) => ({ userId: each }));
    const next = to < userIds.length ? `${to}~${userIds[to - 1]}` : null;
    return { items, next, count: userIds.length };
  }

  /**
   * Reads and checks membership concurrently, to wait for the store once: if the check fails, the
   * rows that were read are dropped.
   */
  async #asMember(
    userId: string,
    chatId: string,
    read: Promise<Message[]>,
  ): Promise<{ rows: Message[]; member: Membership }> {
    const [rows, member] = await Promise.all([read, this.access.requireMember(chatId, userId)]);
    return { rows, member };
  }

  #pageSize(requested: number): number {
    return Math.min(requested, this.limits.pageSize);
  }

  async #searchable(userId: string, chatId?: string): Promise<Membership[]> {
    if (chatId !== undefined) return [await this.access.requireMember(chatId, userId)];
    const memberships = await this.store.memberships.ofUser(userId);
    return memberships.filter((row) => row.leftAt === null);
  }
}

function positionAfter(userIds: string[], cursor: string): number {
  const [position, last] = cursor.split("~");
  if (!/^\d{1,9}$/.test(position) || last === undefined || !isId(last)) {
    const message = `Cannot list reactions: the cursor ${quote(cursor)} is invalid`;
    throw new AppError("invalid_request", message);
  }
  const at = userIds.indexOf(last);
  return at < 0 ? Math.min(Number(position), userIds.length) : at + 1;
}
