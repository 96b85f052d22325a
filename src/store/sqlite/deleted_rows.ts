import type { DatabaseSync } from "node:sqlite";
import type { Log } from "../../core/log.ts";

/** Value of the due rebuild once a failure was logged: one line in the log is enough. */
const REPORTED = "reported";

/**
 * Rebuilds the file if that is due (see step 0007), so that no deleted row is left in it. It needs
 * as much disk space again, and permissions that `deno task start` does not have: Deno refuses
 * VACUUM, which attaches a second database, to a program without all permissions. If it fails, it
 * stays due for the next start and for `deno task compact`; the first failure is logged.
 */
export function vacuumIfDue(connection: DatabaseSync, log?: Log): void {
  const due = connection.prepare("SELECT value FROM meta WHERE key = 'vacuum'").get();
  if (!due) return;
  try {
    connection.exec("VACUUM");
    connection.exec("DELETE FROM meta WHERE key = 'vacuum'");
    connection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (error) {
    // Missing permissions, a full disk, or another process that is writing to the file.
    if (log && due.value !== REPORTED) report(connection, log, error);
  }
}

function report(connection: DatabaseSync, log: Log, error: unknown): void {
  log.warn(
    "The database's file may hold rows that an earlier release deleted, and cannot be rebuilt by the " +
      'server: run "deno task compact" once',
    { error },
  );
  try {
    connection.prepare("UPDATE meta SET value = ? WHERE key = 'vacuum'").run(REPORTED);
  } catch {
    // A full disk: then the next start reports it again.
  }
}
