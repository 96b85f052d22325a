import type { Clock } from "../core/clock.ts";
import { isMuted, type Membership } from "../model/membership.ts";
import type { UnreadCount } from "../store/message_store.ts";
import type { BehindRow } from "../store/membership_store.ts";
import type { Store } from "../store/store.ts";

/** Past this, "many" is all that a person wants to know, and counting stays cheap. */
export const UNREAD_CAP = 1_000;
/** Past it, a badge says no more. */
export const BADGE_CAP = 99;
/** Chats with something unread that a badge looks at: each has one unread message at least, or nearly. */
const BADGE_CHATS = 500;
/** Chats that are counted before the sum is looked at. */
const BADGE_STEP = 20;

type Counted = Pick<Membership, "chatId" | "userId" | "readSeq">;

/**
 * The one place that says what is unread: messages of others since joining that the person has not read,
 * not deleted, not emptied, and not by people they block. Inbox, badges and pushes all count by it.
 */
export class Unread {
  constructor(
    private readonly store: Pick<Store, "memberships" | "messages" | "blocks">,
    private readonly clock: Clock,
  ) {}

  /** Of chats of one person, in their order; each with the `lastSeq` of its chat. */
  async inChats(
    userId: string,
    rows: readonly { membership: Counted; lastSeq: number }[],
    cap = UNREAD_CAP,
  ): Promise<UnreadCount[]> {
    const exceptSenderIds = await this.#blockedBy(userId);
    return await this.#count(rows, exceptSenderIds, cap);
  }

  /**
   * The number on the app's icon: what is unread in chats that are not muted, and of chats that notify of
   * mentions only, the mentions.
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
