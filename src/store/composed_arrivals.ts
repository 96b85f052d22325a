import type { Arrival, ArrivalStore, PresenceReach } from "./arrival_store.ts";
import type { ChatHead } from "./chat_store.ts";
import type { PresentChat } from "./membership_store.ts";
import type { Store } from "./store.ts";

/** Number of a user's chats that one query reads. */
const CHATS_AT_ONCE = 500;

export type ArrivalParts = Pick<
  Store,
  "incarnation" | "sessions" | "users" | "blocks" | "memberships" | "chats"
>;

/**
 * Arrivals of a store that reads each kind of row by itself, and those of many callers together.
 */
export class ComposedArrivals implements ArrivalStore {
  constructor(private readonly parts: ArrivalParts) {}

  async of(userId: string, sessionId: string, limit: number): Promise<Arrival> {
    const { sessions, users, blocks, memberships } = this.parts;
    const [incarnation, session, user, blocked, chats] = await Promise.all([
      this.parts.incarnation(),
      sessions.byId(sessionId),
      users.byId(userId),
      blocks.by(userId),
      memberships.presentOfUser(userId, null, limit),
    ]);
    const blockedIds = blocked.map(({ blockedId }) => blockedId);
    return { incarnation, session, user, blockedIds, chats };
  }

  async presenceOf(userId: string, maxMembers: number): Promise<PresenceReach> {
    const { users, blocks } = this.parts;
    const [user, chatIds, by, against] = await Promise.all([
      users.byId(userId),
      this.#smallChatsOf(userId, maxMembers),
      blocks.by(userId),
      blocks.against(userId),
    ]);
    const strangerIds = [
      ...by.map(({ blockedId }) => blockedId),
      ...against.map(({ blockerId }) => blockerId),
    ];
    return { user, chatIds, strangerIds };
  }

  async #smallChatsOf(userId: string, maxMembers: number): Promise<string[]> {
    const chatIds: string[] = [];
    for (let after: string | null = null;;) {
      const rows: PresentChat[] = await this.parts.memberships
        .presentOfUser(userId, after, CHATS_AT_ONCE);
      for (const { id, memberCount } of await this.#sizes(rows)) {
        if (memberCount <= maxMembers) chatIds.push(id);
      }
      if (rows.length < CHATS_AT_ONCE) return chatIds;
      after = rows[rows.length - 1].chatId;
    }
  }

  async #sizes(rows: PresentChat[]): Promise<Pick<ChatHead, "id" | "memberCount">[]> {
    return await this.parts.chats.heads(rows.map(({ chatId }) => chatId));
  }
}
