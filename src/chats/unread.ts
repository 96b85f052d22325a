import type { Clock } from "../core/clock.ts";
import { isMuted, type Membership } from "../model/membership.ts";
import type { UnreadCount } from "../store/message_store.ts";
import type { BehindRow } from "../store/membership_store.ts";
import type { Store } from "../store/store.ts";

/** Maximum unread count: past it, a person only wants to know "many", and counting stays cheap. */
const UNREAD_CAP = 1_000;
/** Maximum number on the app's icon. */
export const BADGE_CAP = 99;
/**
 * Maximum number of unread chats that a badge looks at: nearly every one has at least one unread
 * message.
 */
const BADGE_CHATS = 500;
/** Number of chats counted before the sum is compared with `BADGE_CAP`. */
const BADGE_STEP = 20;

type Counted = Pick<Membership, "chatId" | "userId" | "readSeq">;

/**
 * The only definition of unread: messages by others since joining that the person has not read,
 * that are not deleted or empty, and whose senders the person does not block. Inbox, badges and
 * pushes all use it.
 */
export class Unread {
  constructor(
    private readonly store: Pick<Store, "memberships" | "messages" | "blocks">,
    private readonly clock: Clock,
  ) {}

  /** Counts for chats of one person, in the order given; each with the `lastSeq` of its chat. */
  async inChats(
    userId: string,
    rows: readonly { membership: Counted; lastSeq: number }[],
    cap = UNREAD_CAP,
  ): Promise<UnreadCount[]> {
    const exceptSenderIds = await this.#blockedBy(userId);
    return await this.#count(rows, exceptSenderIds, cap);
  }

  /**
   * The number on the app's icon: unread messages in chats that are not muted, and only the
   * mentions in chats that notify of mentions only.
   */
  async badge(userId: string): Promise<number> {
    const now = this.clock.now();
    const behind = (await this.store.memberships.behind(userId, BADGE_CHATS))
      .filter(({ membership }) => !isMuted(membership, now));
    if (behind.length === 0) return 0;
    const exceptSenderIds = await this.#blockedBy(userId);
    let sum = 0;
    for (let at = 0; at < behind.length && sum < BADGE_CAP; at += BADGE_STEP) {
      const rows = behind.slice(at, at + BADGE_STEP);
      const counts = await this.#count(rows, exceptSenderIds, BADGE_CAP);
      sum += counts.reduce((each, count, i) => each + shownOf(count, rows[i]), 0);
    }
    return Math.min(BADGE_CAP, sum);
  }

  #count(
    rows: readonly { membership: Counted; lastSeq: number }[],
    exceptSenderIds: string[],
    cap: number,
  ): Promise<UnreadCount[]> {
    const queries = rows.map(({ membership: { chatId, userId, readSeq }, lastSeq }) => ({
      chatId,
      userId,
      readSeq,
      lastSeq,
      exceptSenderIds,
    }));
    return this.store.messages.unread(queries, cap);
  }

  async #blockedBy(userId: string): Promise<string[]> {
    return (await this.store.blocks.by(userId)).map(({ blockedId }) => blockedId);
  }
}

function shownOf({ unread, mentions }: UnreadCount, { membership }: BehindRow): number {
  return membership.notify === "mentions" ? mentions : unread;
}
