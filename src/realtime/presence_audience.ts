import { forEachOf } from "../core/concurrency.ts";
import type { ChatHead } from "../store/chat_store.ts";
import type { PresentChat } from "../store/membership_store.ts";
import type { Store } from "../store/store.ts";

/**
 * With more excluded people than this, only those who are in the chats are excluded: the list
 * travels with the event.
 */
const MANY_BLOCKS = 100;
const QUERIES_AT_ONCE = 8;
/** Number of a user's chats that one query reads. */
const CHATS_AT_ONCE = 500;

/**
 * Resolves who may see a user's presence: people who share a chat, except those who blocked or were
 * blocked.
 *
 * Members of large groups are not notified of each other's presence, which would be quadratic; a
 * client that requests it gets it nevertheless.
 */
export class PresenceAudience {
  constructor(
    private readonly store: Pick<Store, "memberships" | "chats" | "blocks">,
    /** Maximum number of members of a group that is notified. */
    private readonly maxMembers: number,
  ) {}

  /**
   * Returns the chats to notify, and the people in them to leave out; the user themselves is always
   * left out.
   */
  async of(userId: string): Promise<{ chatIds: string[]; exceptUserIds: string[] }> {
    const [chatIds, strangers] = await Promise.all([
      this.#smallChatsOf(userId),
      this.#strangersTo(userId),
    ]);
    const present = strangers.size > MANY_BLOCKS
      ? await this.#amongMembers(chatIds, strangers)
      : strangers;
    return { chatIds, exceptUserIds: [userId, ...present] };
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

  async #smallChatsOf(userId: string): Promise<string[]> {
    const chatIds: string[] = [];
    for (let after: string | null = null;;) {
      const rows: PresentChat[] = await this.store.memberships
        .presentOfUser(userId, after, CHATS_AT_ONCE);
      for (const { id, memberCount } of await this.#sizes(rows)) {
        if (memberCount <= this.maxMembers) chatIds.push(id);
      }
      if (rows.length < CHATS_AT_ONCE) return chatIds;
      after = rows[rows.length - 1].chatId;
    }
  }

  /** Asks for the sizes that did not come with the chats. */
  async #sizes(rows: PresentChat[]): Promise<Pick<ChatHead, "id" | "memberCount">[]> {
    const known = rows.flatMap(({ chatId: id, memberCount }) =>
      memberCount === undefined ? [] : [{ id, memberCount }]
    );
    if (known.length === rows.length) return known;
    return await this.store.chats.heads(rows.map(({ chatId }) => chatId));
  }

  /** A block hides each of the two from the other. */
  async #strangersTo(userId: string): Promise<Set<string>> {
    const { blocks } = this.store;
    const [by, against] = await Promise.all([blocks.by(userId), blocks.against(userId)]);
    return new Set([...by.map((row) => row.blockedId), ...against.map((row) => row.blockerId)]);
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
