import { forEachOf } from "../core/concurrency.ts";
import type { User } from "../model/user.ts";
import type { Store } from "../store/store.ts";

/**
 * With more excluded people than this, only those who are in the chats are excluded: the list
 * travels with the event.
 */
const MANY_BLOCKS = 100;
const QUERIES_AT_ONCE = 8;

/** A user, and who is notified of their presence. */
export interface Audience {
  user: User | null;
  chatIds: string[];
  exceptUserIds: string[];
}

/**
 * Resolves who may see a user's presence: people who share a chat, except those who blocked or were
 * blocked.
 *
 * Members of large groups are not notified of each other's presence, which would be quadratic; a
 * client that requests it gets it nevertheless.
 */
export class PresenceAudience {
  constructor(
    private readonly store: Pick<Store, "arrivals" | "memberships" | "blocks">,
    /** Maximum number of members of a group that is notified. */
    private readonly maxMembers: number,
  ) {}

  /**
   * Returns the user, the chats to notify, and the people in them to leave out; the user themselves
   * is always left out.
   */
  async of(userId: string): Promise<Audience> {
    const { user, chatIds, strangerIds } = await this.store.arrivals
      .presenceOf(userId, this.maxMembers);
    const strangers = new Set(strangerIds);
    const present = strangers.size > MANY_BLOCKS
      ? await this.#amongMembers(chatIds, strangers)
      : strangers;
    return { user, chatIds, exceptUserIds: [userId, ...present] };
  }

  /** Returns those of `userIds` whose presence `viewerId` may see. */
  async visibleTo(viewerId: string, userIds: string[]): Promise<Set<string>> {
    const visible = new Set<string>();
    if (userIds.length === 0) return visible;
    const { blocks, memberships } = this.store;
    const blockers = new Set(await blocks.blockersAmong(viewerId, userIds));
    const candidates = userIds.filter((userId) => !blockers.has(userId));
    await forEachOf(candidates, QUERIES_AT_ONCE, async (userId) => {
      if (await blocks.has(viewerId, userId)) return;
      if (await memberships.shareChat(viewerId, userId)) visible.add(userId);
    });
    return visible;
  }

  async #amongMembers(chatIds: string[], userIds: ReadonlySet<string>): Promise<Set<string>> {
    const among = new Set<string>();
    await forEachOf(chatIds, QUERIES_AT_ONCE, async (chatId) => {
      for (const { userId } of await this.store.memberships.ofChat(chatId)) {
        if (userIds.has(userId)) among.add(userId);
      }
    });
    return among;
  }
}
