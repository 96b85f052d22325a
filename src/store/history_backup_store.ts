import type { HistoryBackup, HistoryBackupPart } from "../model/history_backup.ts";

export interface HistoryBackupStore {
  /**
   * Stores a backup without parts in place of the user's earlier one, which goes with its parts.
   */
  replace(backup: HistoryBackup): Promise<void>;
  /** Null when the user has none. */
  ofUser(userId: string): Promise<HistoryBackup | null>;
  /**
   * Stores a part in place of one of the same name, and moves `updatedAt` to `now`. Stores nothing
   * and returns `gone` if the user's backup is not the part's, and `full` if it would have more
   * than `maxParts` parts.
   */
  putPart(
    userId: string,
    part: HistoryBackupPart,
    options: { maxParts: number; now: number },
  ): Promise<"stored" | "gone" | "full">;
  /** Parts in the order of their names, those after `after` only. */
  parts(backupId: string, after: string | null, limit: number): Promise<HistoryBackupPart[]>;
  /** Deletes the user's backup with its parts. Returns true if there was one. */
  deleteOf(userId: string): Promise<boolean>;
}
