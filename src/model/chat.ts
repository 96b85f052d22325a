export type ChatKind = "direct" | "group";

/** What people who join a chat may see of its history: all of it, or what comes after their joining. */
export const HISTORY_RULES = ["all", "joined"] as const;

export type HistoryRule = typeof HISTORY_RULES[number];

export interface Chat {
  id: string;
  kind: ChatKind;
  /**
   * For a direct chat its two user ids, sorted and joined by `:`, and what sets it apart from the pair's
   * other one (`directKeysOf`); unique. Null for a group.
   */
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
   * The last revision that touched this row's own fields (name, description, avatar, history). A Commit moves
   * `epoch`, and is a row of its own: its revision is found there.
   */
  detailsRev: number;
  /** The `seq` of the newest message, 0 before the first. */
  lastSeq: number;
  /** When the newest message was sent, or the chat made; inboxes are sorted by it. */
  lastActivityAt: number;
  memberCount: number;
  /** Decides when a person joins; a change of it does not change what members see. */
  history: HistoryRule;
  createdBy: string;
  createdAt: number;
  updatedAt: number;
  /** The MLS epoch of an encrypted chat, 0 when its group was just made; null for a plain chat. */
  epoch: number | null;
  /** How often the MLS group was restarted: 0 for the first group of the chat, and for a plain chat. */
  generation: number;
}

/**
 * Keys that a direct chat of two people may have, by preference; see `Chat.directKey`. Equal whichever of
 * the two asks. The first chat of a pair used to have the bare key, encrypted or not, and keeps it: so
 * a plain chat beside it has a key of its own.
 */
export function directKeysOf(a: string, b: string, encrypted: boolean): string[] {
  const pair = a < b ? `${a}:${b}` : `${b}:${a}`;
  return encrypted ? [`${pair}:encrypted`, pair] : [pair, `${pair}:plain`];
}
