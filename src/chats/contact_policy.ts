import { AppError, notFound } from "../core/errors.ts";
import type { Chat } from "../model/chat.ts";
import type { User } from "../model/user.ts";
import type { Store } from "../store/store.ts";
import type { Shadows } from "./shadows.ts";

/**
 * Block and erasure rules: whom a person may reach. A user who has blocked them, or who has erased
 * their account, looks like a user who does not exist.
 */
export class ContactPolicy {
  constructor(
    private readonly store: Pick<Store, "users" | "blocks">,
    private readonly shadows: Pick<Shadows, "has"> = { has: () => false },
  ) {}

  /** Returns all of `userIds`, or throws `not_found` naming the first who cannot be reached. */
  async requireReachable(callerId: string, userIds: string[]): Promise<User[]> {
    const found = new Map((await this.store.users.byIds(userIds)).map((user) => [user.id, user]));
    const blockers = new Set(await this.store.blocks.blockersAmong(callerId, userIds));
    return userIds.map((userId) => {
      const user = found.get(userId);
      if (!user || user.deletedAt !== null || blockers.has(userId)) throw notFound("user", userId);
      return user;
    });
  }

  /** True if `callerId` cannot reach `userId`: a block, or a user who no longer exists. */
  async isUnreachable(callerId: string, userId: string): Promise<boolean> {
    const [isBlocked, exists] = await Promise.all([
      this.store.blocks.has(userId, callerId),
      this.store.users.exists(userId),
    ]);
    return isBlocked || !exists;
  }

  /**
   * In a direct chat, throws if `userId` cannot reach the other member. The error tells neither
   * that there is a block nor whose it is: the chat just takes no messages. `action` is an
   * infinitive, like "send".
   */
  async requireOpen(chat: Pick<Chat, "directKey">, userId: string, action: string): Promise<void> {
    if (chat.directKey === null) return;
    if (!await this.isUnreachable(userId, peerOf(chat.directKey, userId))) return;
    throw new AppError("forbidden", `Cannot ${action}: this chat takes no messages`);
  }

  /**
   * True if others may see what `userId` does in the chat (typing, reading): in a direct chat,
   * neither of the two may once one has blocked the other. In groups the rule of messages applies:
   * it is sent, and the blocker's devices hide it. Nothing of a shadowed person is seen.
   */
  async isVisibleIn({ directKey }: Pick<Chat, "directKey">, userId: string): Promise<boolean> {
    if (this.shadows.has(userId)) return false;
    if (directKey === null) return true;
    const { blocks } = this.store;
    const peerId = peerOf(directKey, userId);
    return !await blocks.has(peerId, userId) && !await blocks.has(userId, peerId);
  }
}

function peerOf(directKey: string, userId: string): string {
  const [a, b] = directKey.split(":");
  return a === userId ? b : a;
}
