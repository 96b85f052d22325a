import type { DatabaseSync } from "node:sqlite";

/** Changes a row: SQLite writes nothing if the content stays. */
export const PROBE =
  "INSERT OR REPLACE INTO meta (key, value) VALUES ('probe', hex(randomblob(8)))";

/**
 * Copies the write-ahead log into the file, empties it and writes its first page. Leaves it to the next
 * time if another process uses the log. Waits for the disk several times.
 */
export function restartLog(database: DatabaseSync): void {
  const { busy } = database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()!;
  if (busy === 0) beginLog(database);
}

/**
 * Writes the first page of an empty log. SQLite waits for the disk at this commit even where it
 * does not at others, so a write of the server must not be the first.
 */
export function beginLog(database: DatabaseSync): void {
  database.exec(PROBE);
}
