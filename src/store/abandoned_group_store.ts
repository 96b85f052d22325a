/**
 * Groups that all members have left. No one can return to such a group (only a member adds people),
 * so its content is of no use. The chat's row stays without its name, picture and description, and
 * so do the memberships, so that a client that was offline still learns that its user has left.
 */
export interface AbandonedGroupStore {
  /** Ids of groups that still have content, at most `limit`, in no particular order. */
  list(limit: number): Promise<string[]>;
  /**
   * Deletes up to `limit` of the group's messages; the uploads they referred to are due for a check
   * at `now`. Once no message is left it deletes the group's other rows, and returns true. A group
   * with a member stays unchanged: returns true.
   */
  clear(chatId: string, now: number, limit: number): Promise<boolean>;
}
