import type { RevisionRange } from "./message_store.ts";
import type { Membership, NotifyLevel } from "../model/membership.ts";

export interface CursorMove {
  chatId: string;
  userId: string;
  /** Reading a message means that it was delivered: `readSeq` moves `deliveredSeq` along. */
  readSeq?: number;
  deliveredSeq?: number;
}

/** A chat in which a user is a present member, as much of it as listening to it needs. */
export interface PresentChat extends Pick<Membership, "chatId" | "userId" | "hiddenSeq"> {
  /**
   * The chat's head when the membership was read, or an earlier one: while the head is still there,
   * the membership is unchanged. Left out by a store that cannot read both at once.
   */
  headBefore?: number;
  /** The chat's number of members at that head; left out together with it. */
  memberCount?: number;
}

/** A present member's row in a chat whose newest message is past their read cursor. */
export interface BehindRow {
  membership: Membership;
  /** The `lastSeq` of the chat. */
  lastSeq: number;
}

export interface MembershipStore {
  /** A former member still has a row, with `leftAt`; null for a user who was never a member. */
  of(chatId: string, userId: string): Promise<Membership | null>;
  /** All rows of the chat, including former members, in order of `joinedAt` and then `userId`. */
  ofChat(chatId: string): Promise<Membership[]>;
  /** All rows of the user, including chats they left, in no particular order. */
  ofUser(userId: string): Promise<Membership[]>;
  /**
   * Chats in which the user is a present member, in order of `chatId`, at most `limit`: those after
   * the chat `after`, or from the first on if it is null.
   */
  presentOfUser(userId: string, after: string | null, limit: number): Promise<PresentChat[]>;
  /** The user's rows in the given chats, including chats they left, in no particular order. */
  ofUserIn(userId: string, chatIds: string[]): Promise<Membership[]>;
  /** True if both are members of a chat now. */
  shareChat(userId: string, otherId: string): Promise<boolean>;
  /**
   * Those of `userIds` who know the person: both are members of a chat now, and the membership of
   * the other one is not only the result of a stranger adding them (`addedByStranger`). In no
   * particular order.
   */
  acquaintedWith(userId: string, userIds: string[]): Promise<string[]>;
  /** Number of present members who have read, and received, up to `seq`. */
  countReached(chatId: string, seq: number): Promise<{ read: number; delivered: number }>;
  /**
   * Chats in which the user has not read the newest message, at most `limit`, in no particular
   * order.
   */
  behind(userId: string, limit: number): Promise<BehindRow[]>;
  /** Rows with `after < rev <= maxRev`, in order of `rev`, at most `limit`. */
  changed(chatId: string, after: number, maxRev: number, limit: number): Promise<Membership[]>;
  /**
   * Rows in any of the ranges, which are of different chats; at most `limit`, in no particular
   * order.
   */
  changedIn(ranges: RevisionRange[], limit: number): Promise<Membership[]>;
  /**
   * Moves the cursors forward, never back; a given `readSeq` ends `addedByStranger`. Returns null
   * when there is no row of a present member; `moved` is false when no cursor changed.
   */
  moveCursors(move: CursorMove): Promise<{ membership: Membership; moved: boolean } | null>;
  /** Null when there is no row of a present member. */
  setNotify(
    chatId: string,
    userId: string,
    notify: NotifyLevel,
    mutedUntil: number | null,
  ): Promise<Membership | null>;
}
