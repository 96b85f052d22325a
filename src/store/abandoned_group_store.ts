/**
 * Groups that all members have left. Nobody can come back to one (only a member adds people), so their
 * content serves nobody. What stays is the chat's row without its name, picture and description, and the
 * memberships, so that a client that was offline still learns that its user has left.
 */
export interface AbandonedGroupStore {
  /** Ids of those that still hold content, at most `limit`, in no particular order. */
  list(limit: number): Promise<string[]>;
  /**
   * Deletes up to `limit` of the group's messages; uploads that they carried are to be checked at `now`.
   * Once no message is left it deletes what belongs to the group beside them, and returns true. A group
   * with a member is left as it is: true.
   */
  clear(chatId: string, now: number, limit: number): Promise<boolean>;
}
