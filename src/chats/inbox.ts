import { AppError, quote } from "../core/errors.ts";
import { isId } from "../core/ids.ts";
import type { Chat, ChatKind } from "../model/chat.ts";
import type { Membership } from "../model/membership.ts";
import type { Message } from "../model/message.ts";
import type { InboxPlace, InboxRow } from "../store/chat_store.ts";
import type { Store } from "../store/store.ts";

export interface InboxEntry {
  chat: Chat;
  membership: Membership;
  lastMessage: Message | null;
  unread: number;
}

/** Past this, "many" is all that a person wants to know, and counting stays cheap. */
const UNREAD_CAP = 1_000;

export interface InboxPageQuery {
  limit: number;
  cursor?: string;
  /** Only chats of this kind. */
  kind?: ChatKind;
}

export interface InboxPage {
  items: InboxEntry[];
  next: string | null;
}

/** A person's chats, most recent first. */
export class Inbox {
  constructor(
    private readonly store: Pick<Store, "chats" | "messages">,
    private readonly limits: { pageSize: number },
  ) {}

  async page(userId: string, query: InboxPageQuery): Promise<InboxPage> {
    const { cursor, kind } = query;
    const limit = Math.min(query.limit, this.limits.pageSize);
    const before = cursor === undefined ? null : parseCursor(cursor);
    // One more than asked for tells whether there is a next page.
    const found = await this.store.chats.inbox({
      userId,
      kind: kind ?? null,
      before,
      limit: limit + 1,
    });
    const items = found.slice(0, limit);
    const next = found.length > limit ? cursorOf(placeOf(items.at(-1)!)) : null;
    return { items: await this.#entries(items), next };
  }

  async #entries(rows: InboxRow[]): Promise<InboxEntry[]> {
    const [newest, unread] = await Promise.all([
      this.store.messages.newest(rows.map((row) => row.chat.id)),
      this.store.messages.unread(rows.map(({ membership }) => membership), UNREAD_CAP),
    ]);
    const byChat = new Map(newest.map((message) => [message.chatId, message]));
    return rows.map(({ chat, membership }, i) => ({
      chat,
      membership,
      lastMessage: byChat.get(chat.id) ?? null,
      unread: unread[i],
    }));
  }
}

function placeOf({ chat }: InboxRow): InboxPlace {
  return { lastActivityAt: chat.lastActivityAt, chatId: chat.id };
}

function cursorOf({ lastActivityAt, chatId }: InboxPlace): string {
  return `${lastActivityAt}~${chatId}`;
}

function parseCursor(cursor: string): InboxPlace {
  const [at, chatId, ...rest] = cursor.split("~");
  if (!/^\d{1,15}$/.test(at) || !isId(chatId) || rest.length > 0) {
    throw new AppError("invalid_request", `Listing chats: the cursor ${quote(cursor)} is not ours`);
  }
  return { lastActivityAt: Number(at), chatId };
}
