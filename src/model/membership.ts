import { AppError } from "../core/errors.ts";
import { isShownTo, type Message } from "./message.ts";
import type { CustomData } from "./custom_data.ts";

export type MemberRole = "owner" | "admin" | "member";

export type NotifyLevel = "all" | "mentions" | "none";

/**
 * A user's membership of a chat. The row stays with `leftAt` after leaving, so that others can
 * catch up on it.
 */
export interface Membership {
  chatId: string;
  userId: string;
  role: MemberRole;
  /** The last revision that touched role, `joinedAt`, `leftAt` or custom. */
  rev: number;
  joinedAt: number;
  leftAt: number | null;
  /** Cursors take no revision and only move forward; `deliveredSeq >= readSeq`. */
  readSeq: number;
  deliveredSeq: number;
  /** Which messages of this chat notify the member. */
  notify: NotifyLevel;
  mutedUntil: number | null;
  /**
   * Added by a stranger without consent: the chat does not count as shared with the other members.
   * False from the moment they read in it (`MembershipStore.moveCursors`).
   */
  addedByStranger: boolean;
  /** Messages up to this `seq` are hidden from the member, who joined later; 0 hides nothing. */
  hiddenSeq: number;
  /** Set by the member, visible to the other members; gone once they leave. */
  custom: CustomData | null;
}

/** Returns the messages that the member may see. */
export function visibleTo<Row extends Pick<Message, "seq" | "shadow" | "senderId">>(
  { hiddenSeq, userId }: Pick<Membership, "hiddenSeq" | "userId">,
  messages: Row[],
): Row[] {
  if (hiddenSeq === 0 && !messages.some(({ shadow }) => shadow)) return messages;
  return messages.filter((message) => message.seq > hiddenSeq && isShownTo(userId, message));
}

/** True while the member has muted the chat. */
export function isMuted(
  { notify, mutedUntil }: Pick<Membership, "notify" | "mutedUntil">,
  now: number,
): boolean {
  return notify === "none" || (mutedUntil !== null && mutedUntil > now);
}

/**
 * Throws `forbidden` if the caller may not remove the target from a group. Leaving is always
 * allowed, and not checked here.
 */
export function assertMayRemove(
  caller: Pick<Membership, "role">,
  target: Pick<Membership, "role">,
): void {
  if (caller.role === "owner" || (caller.role === "admin" && target.role === "member")) return;
  const about =
    "Cannot remove the member: the owner may remove anyone, an admin only plain members";
  throw new AppError("forbidden", about);
}

/** Throws `conflict` if a group would exceed its maximum of members. */
export function assertGroupSize(members: number, most: number): void {
  if (members <= most) return;
  const about = `Cannot add to the group: it would have ${members} members of ${most}`;
  throw new AppError("conflict", about);
}
