import { AppError } from "../core/errors.ts";

export type MemberRole = "owner" | "admin" | "member";

export type NotifyLevel = "all" | "mentions" | "none";

/** A person's place in a chat. Who left stays as a row with `leftAt`, so that others can catch up on it. */
export interface Membership {
  chatId: string;
  userId: string;
  role: MemberRole;
  /** The last revision that touched role, `joinedAt` or `leftAt`. */
  rev: number;
  joinedAt: number;
  leftAt: number | null;
  /** Cursors take no revision and only move forward; `deliveredSeq >= readSeq`. */
  readSeq: number;
  deliveredSeq: number;
  /** What of this chat notifies the member. */
  notify: NotifyLevel;
  mutedUntil: number | null;
  /**
   * Added by somebody whom they did not know, without having been asked: the chat does not count as one
   * that they share with the others. False from the moment they read in it (`MembershipStore.moveCursors`).
   */
  addedByStranger: boolean;
  /** Messages up to this `seq` are not theirs to see, for they joined later; 0 hides nothing. */
  hiddenSeq: number;
}

/** The messages among them that the member may see. */
export function visibleTo<Row extends { seq: number }>(
  { hiddenSeq }: Pick<Membership, "hiddenSeq">,
  messages: Row[],
): Row[] {
  return hiddenSeq === 0 ? messages : messages.filter(({ seq }) => seq > hiddenSeq);
}

/** True while the member wants to hear nothing of the chat. */
export function isMuted(
  { notify, mutedUntil }: Pick<Membership, "notify" | "mutedUntil">,
  now: number,
): boolean {
  return notify === "none" || (mutedUntil !== null && mutedUntil > now);
}

/** Of two members of a group; leaving is everyone's right, and not asked for here. */
export function assertMayRemove(
  caller: Pick<Membership, "role">,
  target: Pick<Membership, "role">,
): void {
  if (caller.role === "owner" || (caller.role === "admin" && target.role === "member")) return;
  const about =
    "Cannot remove the member: the owner may remove anyone, an admin only plain members";
  throw new AppError("forbidden", about);
}

/** Throws `conflict` where a group would have more members than a group may. */
export function assertGroupSize(members: number, most: number): void {
  if (members <= most) return;
  const about = `Cannot add to the group: it would have ${members} members of ${most}`;
  throw new AppError("conflict", about);
}
