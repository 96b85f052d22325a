import { forEachOf } from "../core/concurrency.ts";
import type { Membership } from "../model/membership.ts";
import type { Store } from "../store/store.ts";

/** More excluded people than this are looked for in the chats first: they travel with the event. */
const MANY_BLOCKS = 100;
const LOOKS_AT_ONCE = 8;

/**
 * Who may know of one's presence: those who share a chat, less those who blocked or were blocked.
 *
 * Members of large groups are not told of each other's coming and going, which would be quadratic;
 * whoever asks is answered nevertheless.
 */
export class PresenceAudience {
  constructor(
    private readonly store: Pick<Store, "memberships" | "chats" | "blocks">,
    /** Members of a group that is still told. */
    private readonly mostMembers: number,
  ) {}

  /** The chats that are told, and those in them who are not; the user is never told of themselves. */
  async of(userId: string): Promise<{ chatIds: string[]; exceptUserIds: string[] }> {
    const [memberships, strangers] = await Promise.all([
      this.store.memberships.ofUser(userId),
      this.#strangersTo(userId),
    ]);
    const chats = await this.store.chats.byIds(chatIdsOf(memberships));
    const chatIds = chats.filter((chat) => chat.memberCount <= this.mostMembers).map(({ id }) =>
      id
    );
    const present = strangers.size > MANY_BLOCKS
      ? await this.#amongMembers(chatIds, strangers)
      : strangers;
    return { chatIds, exceptUserIds: [userId, ...present] };
  }

  /** Those of `userIds` whose presence `viewerId` may see. */
  async visibleTo(viewerId: string, userIds: string[]): Promise<Set<string>> {
    const visible = new Set<string>();
    if (userIds.length === 0) return visible;
    const { blocks, memberships } = this.store;
    const blockers = new Set(await blocks.blockersAmong(viewerId, userIds));
    const asked = userIds.filter((userId) => !blockers.has(userId));
    await forEachOf(asked, LOOKS_AT_ONCE, async (userId) => {
      if (await blocks.has(viewerId, userId)) return;
      if (await memberships.shareChat(viewerId, userId)) visible.add(userId);
    });
    return visible;
  }

  /** Blocking hides each from the other. */
  async #strangersTo(userId: string): Promise<Set<string>> {
    const { blocks } = this.store;
    const [by, against] = await Promise.all([blocks.by(userId), blocks.against(userId)]);
    return new Set([...by.map((row) => row.blockedId), ...against.map((row) => row.blockerId)]);
  }

  async #amongMembers(chatIds: string[], userIds: ReadonlySet<string>): Promise<Set<string>> {
    const among = new Set<string>();
    await forEachOf(chatIds, LOOKS_AT_ONCE, async (chatId) => {
      for (const { userId } of await this.store.memberships.ofChat(chatId)) {
        if (userIds.has(userId)) among.add(userId);
      }
    });
    return among;
  }
}

function chatIdsOf(memberships: Membership[]): string[] {
  return memberships.filter((row) => row.leftAt === null).map((row) => row.chatId);
}
