/**
 * Which users are connected to any instance: one entry per (user, instance), written when the first
 * connection opens and deleted when the last one closes. There is no heartbeat per user; when an
 * instance dies, all of its entries are void at once.
 */
export interface PresenceDirectory {
  /** This instance has its first connection of the user; resolves when others can see it. */
  enter(userId: string): Promise<void>;
  /** This instance has lost its last connection of the user. */
  leave(userId: string): Promise<void>;
  /**
   * Those of `userIds` who are connected to any living instance. When the directory cannot be asked,
   * those who are connected here.
   */
  online(userIds: string[]): Promise<Set<string>>;
  /**
   * Called with users whose instance died or left and who are connected to no other one, on one
   * instance only. `at` is when it was last heard of, in epoch milliseconds.
   */
  onVoid(listener: (userIds: string[], at: number) => void): void;
  /**
   * Called with the users who are connected here once others can see them again, after a time in which
   * they could not, and may have told everyone that they went.
   */
  onRestored(listener: (userIds: string[]) => void): void;
  close(): void;
}
