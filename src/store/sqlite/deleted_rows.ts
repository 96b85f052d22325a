import type { DatabaseSync } from "node:sqlite";

/**
 * Rebuilds the file if that is due (see step 0007), so that no deleted row is left in it. It needs as much
 * disk space again; where it fails, it stays due for the next start.
 */
export function vacuumIfDue(connection: DatabaseSync): void {
  if (!connection.prepare("SELECT 1 FROM meta WHERE key = 'vacuum'").get()) return;
  try {
    connection.exec("VACUUM");
    connection.exec("DELETE FROM meta WHERE key = 'vacuum'");
    connection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    // A full disk, or another process at work in the file.
  }
}
