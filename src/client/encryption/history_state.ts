/**
 * `unknown`: not asked yet. `off`: there is no backup. `locked`: there is one, and this device does
 * not have its recovery key. `on`: this device adds what it reads. `full`: it does, but the server
 * stores no more.
 */
export type HistoryBackupState = "unknown" | "off" | "locked" | "on" | "full";

/** Entry of the backup that this device adds to. */
export const CURRENT = "backup/current";
/** Names of decrypted messages that are not in the backup yet. */
export const UNSAVED = "unsaved/";
