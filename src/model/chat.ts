export type ChatKind = "direct" | "group";

export interface Chat {
  id: string;
  kind: ChatKind;
  /** For a direct chat its two user ids, sorted and joined by `:`; unique. Null for a group. */
  directKey: string | null;
  /** Empty for a direct chat. */
  name: string;
  description: string;
  avatarMediaId: string | null;
  /** For good: an encrypted chat never becomes a plain one, nor the other way. */
  encrypted: boolean;
  /** The head: the last revision taken. Dense, starts at 1. */
  rev: number;
  /**
   * The last revision that touched this row's own fields (name, description, avatar). A Commit moves
   * `epoch`, and is a row of its own: its revision is found there.
   */
  detailsRev: number;
  /** The `seq` of the newest message, 0 before the first. */
  lastSeq: number;
  /** When the newest message was sent, or the chat made; inboxes are sorted by it. */
  lastActivityAt: number;
  memberCount: number;
  createdBy: string;
  createdAt: number;
  updatedAt: number;
  /** The MLS epoch of an encrypted chat, 0 when its group was just made; null for a plain chat. */
  epoch: number | null;
  /** How often the MLS group was restarted: 0 for the first group of the chat, and for a plain chat. */
  generation: number;
}

/** The same, whichever of the two asks; see `Chat.directKey`. */
export function directKeyOf(a: string, b: string): string {
  return a < b ? `${a}:${b}` : `${b}:${a}`;
}
