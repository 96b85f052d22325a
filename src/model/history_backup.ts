/**
 * A user's backup of what was decrypted on the user's devices: sealed by them under a recovery key
 * that the server never has. A user has at most one.
 */
export interface HistoryBackup {
  id: string;
  userId: string;
  /** A sealed value by which a client recognizes the right recovery key; opaque. */
  keyCheck: string;
  /** Number of its parts. */
  parts: number;
  createdAt: number;
  /** When a part was last stored. */
  updatedAt: number;
}

/** A part of a backup: opaque ciphertext. */
export interface HistoryBackupPart {
  backupId: string;
  /** Chosen by the client; unique within the backup. */
  name: string;
  /** In base64url. */
  data: string;
}
