import { AppError, notFound } from "../core/errors.ts";
import type { Chat } from "../model/chat.ts";
import type { User } from "../model/user.ts";
import type { Store } from "../store/store.ts";

/**
 * Whom a person may reach. Who has blocked them, and who has erased their account, answers as if
 * there were no such user.
 */
export class ContactPolicy {
  constructor(private readonly store: Pick<Store, "users" | "blocks" | "chats">) {}

  /** All of `userIds`, or `not_found` naming the first that cannot be reached. */
  async requireReachable(callerId: string, userIds: string[]): Promise<User[]> {
    const found = new Map((await this.store.users.byIds(userIds)).map((user) => [user.id, user]));
    const blockers = new Set(await this.store.blocks.blockersAmong(callerId, userIds));
    return userIds.map((userId) => {
      const user = found.get(userId);
      if (!user || user.deletedAt !== null || blockers.has(userId)) throw notFound("user", userId);
      return user;
    });
  }

  /** Whether `userId` takes nothing from `callerId`: blocked them, or is no longer there. */
  async isUnreachable(callerId: string, userId: string): Promise<boolean> {
    if (await this.store.blocks.has(userId, callerId)) return true;
    const user = await this.store.users.byId(userId);
    return user === null || user.deletedAt !== null;
  }

  /**
   * In a direct chat, throws if the other one takes nothing from `userId`. Who was blocked is not told by
   * whom or that they were: the chat just takes no messages. `action` reads like "Sending".
   */
  async requireOpen(chat: Pick<Chat, "directKey">, userId: string, action: string): Promise<void> {
    if (chat.directKey === null) return;
    if (!await this.isUnreachable(userId, peerOf(chat.directKey, userId))) return;
    throw new AppError("forbidden", `${action}: this chat takes no messages`);
  }

  /**
   * Whether others are to see what `userId` is doing in the chat (typing, reading): in a direct chat,
   * neither of the two once one has blocked the other. In groups it is as with messages: it goes on,
   * and the blocker's devices hide it.
   */
  async isHeardIn(chatId: string, userId: string): Promise<boolean> {
    const chat = await this.store.chats.byId(chatId);
    if (!chat?.directKey) return true;
    const { blocks } = this.store;
    const peerId = peerOf(chat.directKey, userId);
    return !await blocks.has(peerId, userId) && !await blocks.has(userId, peerId);
  }
}

function peerOf(directKey: string, userId: string): string {
  const [a, b] = directKey.split(":");
  return a === userId ? b : a;
}
