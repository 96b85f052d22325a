import { notFound } from "../core/errors.ts";
import type { Chat, ChatKind } from "../model/chat.ts";
import type { Membership } from "../model/membership.ts";
import type { Store } from "../store/store.ts";

/** A chat with its present members, longest-standing first. */
export interface ChatRoster {
  chat: Chat;
  members: Membership[];
}

/** Reads a chat as its members see it. */
export class ChatReader {
  constructor(private readonly store: Pick<Store, "chats" | "memberships">) {}

  /** Throws `not_found` for a chat of another kind too, if `kind` is given. */
  async roster(userId: string, chatId: string, kind?: ChatKind): Promise<ChatRoster> {
    const chat = await this.store.chats.byId(chatId);
    const missing = notFound(kind ?? "chat", chatId);
    if (!chat || (kind && chat.kind !== kind)) throw missing;
    const rows = await this.store.memberships.ofChat(chatId);
    const members = rows.filter((row) => row.leftAt === null);
    if (!members.some((row) => row.userId === userId)) throw missing;
    return { chat, members };
  }
}
