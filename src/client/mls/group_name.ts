import { type Bytes, fromUtf8, utf8 } from "./encoding.ts";

/** An MLS group of a chat. */
export interface GroupName {
  chatId: string;
  /** Number of times that the chat's group had been restarted when this group was created. */
  generation: number;
}

/**
 * Returns the group id: the chat's id in UTF-8 for its first group, and `<chatId>/<generation>` for
 * a later one.
 */
export function groupIdOf({ chatId, generation }: GroupName): Bytes {
  return utf8(generation === 0 ? chatId : `${chatId}/${generation}`);
}

/** Returns null if the group id does not belong to a chat. */
export function readGroupId(groupId: Uint8Array): GroupName | null {
  try {
    const match = /^([^/]+)(?:\/([1-9]\d{0,8}))?$/.exec(fromUtf8(groupId));
    return match && { chatId: match[1], generation: Number(match[2] ?? 0) };
  } catch {
    return null;
  }
}
