import { DatabaseSync } from "node:sqlite";
import type { Log } from "../../core/log.ts";
import { vacuumIfDue } from "./deleted_rows.ts";
import { beginLog, restartLog } from "./log_restart.ts";
import { migrate } from "./migrations.ts";
import { isDamaged } from "./sqlite_errors.ts";

/** Milliseconds to wait for another process's transaction. */
export const BUSY_TIMEOUT_MS = 5_000;

export interface Connection {
  database: DatabaseSync;
  /** Path of the write-ahead log; null for a database without one, such as one in memory. */
  logPath: string | null;
}

/** Opens the file, and brings it to the schema of this release. */
export function openConnection(path: string, log?: Log): Connection {
  const logPath = `${path}-wal`;
  const isLeftBehind = sizeOf(logPath) > 0;
  if (isLeftBehind && sizeOf(path) === 0) throw new Error(withoutItsFile(logPath));
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    const hasLog = useWriteAheadLog(database);
    configure(database, hasLog);
    migrate(database, undefined, log);
    vacuumIfDue(database, log);
    // From here on requests are served, and SQLite's own waiting would put the whole thread to
    // sleep.
    database.exec("PRAGMA busy_timeout = 0");
    if (hasLog) prepareLog(database, { isLeftBehind, isEmpty: sizeOf(logPath) === 0 });
    return { database, logPath: hasLog ? logPath : null };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLite would delete this log, and with it the last changes of a database that was moved away. */
function withoutItsFile(logPath: string): string {
  return `it is missing or empty, and its log ${logPath} is there. Put the file back that the log ` +
    "belongs to; to begin with an empty database, move the log away too";
}

function configure(database: DatabaseSync, hasLog: boolean): void {
  // NORMAL: a commit does not wait for the disk. `LogSync` does before a write resolves, so that it
  // survives a power loss, not only a crash of the process. Without a log SQLite has to.
  database.exec(`PRAGMA synchronous = ${hasLog ? "NORMAL" : "FULL"}`);
  database.exec("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY");
  // Deleted rows are overwritten with zeros, not only unlinked.
  database.exec("PRAGMA secure_delete = ON");
  database.exec("PRAGMA cache_size = -32768; PRAGMA mmap_size = 268435456");
  // A checkpoint waits for the disk: see `Checkpointer`.
  database.exec("PRAGMA wal_autocheckpoint = 0");
}

/**
 * Copies a log that an earlier process left behind into the file. That process may have ended
 * because its disk failed, and then the pages of the log count as durable only once they are
 * written again.
 */
function prepareLog(
  database: DatabaseSync,
  { isLeftBehind, isEmpty }: { isLeftBehind: boolean; isEmpty: boolean },
): void {
  try {
    if (isLeftBehind) restartLog(database, "TRUNCATE");
    else if (isEmpty) beginLog(database);
  } catch {
    // Another process is writing, or the disk is full: writes report that themselves.
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

/**
 * Returns false if the database cannot have a write-ahead log. Two processes that start at once may
 * refuse each other the switch, and no busy timeout covers it.
 */
function useWriteAheadLog(database: DatabaseSync): boolean {
  const deadline = performance.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    try {
      return database.prepare("PRAGMA journal_mode = WAL").get()!.journal_mode === "wal";
    } catch (error) {
      if (isDamaged(error) || performance.now() > deadline) throw error;
    }
  }
}
