import { AppError } from "../core/errors.ts";
import type { CustomData } from "./custom_data.ts";

export type ChatKind = "direct" | "group";

/** History visible to new members: all of it, or only what follows their joining. */
export const HISTORY_RULES = ["all", "joined"] as const;

export type HistoryRule = typeof HISTORY_RULES[number];

/** Members may not write into a frozen chat; servers and administrators may. */
export interface Freeze {
  at: number;
  /** Shown to the members. */
  reason: string;
  /** Null for a server. */
  byUserId: string | null;
}

export interface Chat {
  id: string;
  kind: ChatKind;
  /**
   * For a direct chat its two user ids, sorted and joined by `:`, and a suffix that separates it
   * from the pair's other chat (`directKeysOf`); unique. Null for a group.
   */
  directKey: string | null;
  /** Empty for a direct chat. */
  name: string;
  description: string;
  avatarMediaId: string | null;
  /** Immutable: an encrypted chat never becomes a plain one, or the reverse. */
  encrypted: boolean;
  /** The head: the last revision taken. Dense, starts at 1. */
  rev: number;
  /**
   * The last revision that touched this row's own fields (name, description, avatar, history,
   * custom, frozen). A Commit moves `epoch` and is a separate row, which holds its revision.
   */
  detailsRev: number;
  /** The `seq` of the newest message that is not shadowed, 0 before the first. */
  lastSeq: number;
  /** When the newest message was sent, or the chat made; inboxes are sorted by it. */
  lastActivityAt: number;
  memberCount: number;
  /** Applies when a user joins; changing it does not change what members see. */
  history: HistoryRule;
  createdBy: string;
  createdAt: number;
  updatedAt: number;
  /** The MLS epoch of an encrypted chat, 0 when its group was just made; null for a plain chat. */
  epoch: number | null;
  /**
   * How often the MLS group was restarted: 0 for the first group of the chat, and for a plain chat.
   */
  generation: number;
  custom: CustomData | null;
  /** The id of an imported chat where it came from, unique; null for every other chat. */
  externalId: string | null;
  /** Null for a chat that is not frozen. */
  frozen: Freeze | null;
}

/**
 * Returns the keys that a direct chat of two users may have, in order of preference; see
 * `Chat.directKey`. The order of the users does not matter. The first chat of a pair used to have
 * the bare key, encrypted or not, and keeps it; a plain chat beside it has a separate key.
 */
export function directKeysOf(a: string, b: string, encrypted: boolean): string[] {
  const pair = a < b ? `${a}:${b}` : `${b}:${a}`;
  return encrypted ? [`${pair}:encrypted`, pair] : [pair, `${pair}:plain`];
}

/** Throws `chat_frozen` for a frozen chat. */
export function assertUnfrozen({ frozen }: Pick<Chat, "frozen">): void {
  if (frozen === null) return;
  throw new AppError("chat_frozen", "Cannot change the chat: an administrator has frozen it");
}
