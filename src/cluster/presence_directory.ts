/**
 * Directory of the users connected to any instance: one entry per (user, instance), written when
 * the first connection opens and deleted when the last one closes. There is no heartbeat per user;
 * when an instance dies, all of its entries become void at once.
 */
export interface PresenceDirectory {
  /** This instance has its first connection of the user; resolves when others can see it. */
  enter(userId: string): Promise<void>;
  /** This instance has lost its last connection of the user. */
  leave(userId: string): Promise<void>;
  /**
   * Returns those of `userIds` who are connected to any living instance. If the directory cannot be
   * read, returns those who are connected to this instance.
   */
  online(userIds: string[]): Promise<Set<string>>;
  /**
   * Called, on one instance only, with users whose instance died or left and who are connected to
   * no other one. `at` is the last sign of life of their instance, in epoch milliseconds.
   */
  onOffline(listener: (userIds: string[], at: number) => void): void;
  /**
   * Called with the users who are connected to this instance once other instances can see them
   * again, after a time in which they could not, and may have announced them as offline.
   */
  onRestored(listener: (userIds: string[]) => void): void;
  close(): void;
}
