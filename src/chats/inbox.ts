import type { Clock } from "../core/clock.ts";
import { AppError, quote } from "../core/errors.ts";
import { isId } from "../core/ids.ts";
import type { Chat, ChatKind } from "../model/chat.ts";
import { isMuted, type Membership, visibleTo } from "../model/membership.ts";
import type { Message } from "../model/message.ts";
import type { InboxPlace, InboxRow } from "../store/chat_store.ts";
import { filterEntries } from "../store/custom_entries.ts";
import type { Store } from "../store/store.ts";
import type { Shadows } from "./shadows.ts";
import type { Unread } from "./unread.ts";

export interface InboxEntry {
  chat: Chat;
  membership: Membership;
  lastMessage: Message | null;
  unread: number;
  /** Number of the unread messages that mention the person. */
  mentions: number;
  muted: boolean;
}

export interface InboxPageQuery {
  limit: number;
  cursor?: string;
  /** Only chats of this kind. */
  kind?: ChatKind;
  /** Values that the chat's custom data has, by key. */
  custom?: Record<string, string>;
}

export interface InboxPage {
  items: InboxEntry[];
  next: string | null;
}

export interface InboxOptions {
  store: Pick<Store, "chats" | "messages">;
  shadows: Pick<Shadows, "has">;
  unread: Unread;
  clock: Clock;
  limits: { pageSize: number };
  /** Keys of custom data by which chats may be filtered. */
  filters: readonly string[];
}

/** A person's chats, most recent first. */
export class Inbox {
  constructor(private readonly options: InboxOptions) {}

  async page(userId: string, query: InboxPageQuery): Promise<InboxPage> {
    const { cursor, kind } = query;
    const { store, limits, filters } = this.options;
    const limit = Math.min(query.limit, limits.pageSize);
    const custom = filterEntries(query.custom, filters, "list chats");
    const before = cursor === undefined ? null : parseCursor(cursor);
    // One row more than requested shows whether there is a next page.
    const found = await store.chats.inbox({
      userId,
      kind: kind ?? null,
      custom,
      before,
      limit: limit + 1,
    });
    const items = found.slice(0, limit);
    const next = found.length > limit ? cursorOf(positionOf(items.at(-1)!)) : null;
    return { items: await this.#entries(userId, items), next };
  }

  async #entries(userId: string, rows: InboxRow[]): Promise<InboxEntry[]> {
    const { store, unread, clock } = this.options;
    const counted = rows.map(({ chat, membership }) => ({ membership, lastSeq: chat.lastSeq }));
    const [newest, counts] = await Promise.all([
      store.messages.newest(rows.map((row) => row.chat.id)),
      unread.inChats(userId, counted),
    ]);
    const own = await this.#shadowed(userId, rows);
    const now = clock.now();
    const byChat = new Map(newest.map((message) => [message.chatId, message]));
    return rows.map(({ chat, membership }, i) => ({
      chat,
      membership,
      lastMessage: newestFor(membership, own.get(chat.id) ?? byChat.get(chat.id)),
      ...counts[i],
      muted: isMuted(membership, now),
    }));
  }

  /** Newest messages that only this person sees: they do not move the head of the chat. */
  async #shadowed(userId: string, rows: InboxRow[]): Promise<Map<string, Message>> {
    const found = new Map<string, Message>();
    if (!this.options.shadows.has(userId)) return found;
    for (const { chat: { id: chatId }, membership } of rows) {
      const page = await this.options.store.messages.page({ chatId, limit: 1 });
      for (const message of visibleTo(membership, page)) found.set(chatId, message);
    }
    return found;
  }
}

function newestFor({ hiddenSeq }: Membership, newest: Message | undefined): Message | null {
  return newest && newest.seq > hiddenSeq ? newest : null;
}

function positionOf({ chat }: InboxRow): InboxPlace {
  return { lastActivityAt: chat.lastActivityAt, chatId: chat.id };
}

function cursorOf({ lastActivityAt, chatId }: InboxPlace): string {
  return `${lastActivityAt}~${chatId}`;
}

function parseCursor(cursor: string): InboxPlace {
  const [at, chatId, ...rest] = cursor.split("~");
  if (!/^\d{1,15}$/.test(at) || !isId(chatId) || rest.length > 0) {
    throw new AppError(
      "invalid_request",
      `Cannot list chats: the cursor ${quote(cursor)} is invalid`,
    );
  }
  return { lastActivityAt: Number(at), chatId };
}
