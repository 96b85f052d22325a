import { fieldError, notFound } from "../core/errors.ts";
import type { Membership } from "../model/membership.ts";
import type { Store } from "../store/store.ts";
import { type Changes, noChanges } from "../wire/changes.ts";
import type { ChangeFeed } from "./change_feed.ts";

export type Cursors = Record<string, number>;

/**
 * What a member may catch up on. Who has left a chat learns that they have, and nothing of what
 * came after.
 */
export class CatchUp {
  constructor(
    private readonly store: Store,
    private readonly feed: ChangeFeed,
    private readonly limits: { syncRows: number; syncChats: number },
  ) {}

  async changes(userId: string, chatId: string, after: number): Promise<Changes> {
    const membership = await this.store.memberships.of(chatId, userId);
    if (!membership) throw notFound("chat", chatId);
    if (membership.leftAt !== null) return farewell(membership, after);
    return await this.feed.after(chatId, after, this.limits.syncRows);
  }

  /**
   * Every chat, most recently active first, from the cursor given or else from its start; and those
   * left since the cursor given. When the answer is full, the rest comes with no rows and `more`.
   */
  async sync(userId: string, cursors: Cursors): Promise<Changes[]> {
    this.#checkSize(cursors);
    const memberships = await this.store.memberships.ofUser(userId);
    const present = memberships.filter((row) => row.leftAt === null);
    const left = memberships.filter((row) => row.leftAt !== null && row.chatId in cursors);
    const chats = await this.store.chats.byIds(present.map((row) => row.chatId));
    chats.sort((a, b) => b.lastActivityAt - a.lastActivityAt || (a.id < b.id ? 1 : -1));
    const answers = left.map((row) => farewell(row, cursors[row.chatId]))
      .filter((changes) => changes.members.length > 0);
    let room = this.limits.syncRows;
    for (const chat of chats) {
      const after = cursors[chat.id] ?? 0;
      const changes = after >= chat.rev
        ? noChanges(chat.id, chat.rev, chat.rev)
        : room > 0
        ? await this.feed.after(chat.id, after, room)
        : noChanges(chat.id, after, after, true);
      room -= changes.messages.length + changes.members.length + changes.commits.length;
      answers.push(changes);
    }
    return answers;
  }

  #checkSize(cursors: Cursors): void {
    const [named, most] = [Object.keys(cursors).length, this.limits.syncChats];
    if (named <= most) return;
    const about = `Catching up: cursors names ${named} chats, at most ${most} are allowed`;
    throw fieldError("invalid_request", "cursors", about);
  }
}

function farewell(membership: Membership, after: number): Changes {
  const news = membership.rev > after;
  const rev = Math.max(membership.rev, after);
  return { ...noChanges(membership.chatId, after, rev), members: news ? [membership] : [] };
}
