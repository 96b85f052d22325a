import type { DatabaseSync } from "node:sqlite";

/** Changes a row: SQLite writes nothing if the content stays. */
export const PROBE =
  "INSERT OR REPLACE INTO meta (key, value) VALUES ('probe', hex(randomblob(8)))";

/**
 * `RESTART` overwrites the log from its start: the disk writes that faster than a file that grows.
 * `TRUNCATE` empties the file, so that it keeps nothing deleted.
 */
export type RestartMode = "RESTART" | "TRUNCATE";

/**
 * Copies the write-ahead log into the file, starts it again and writes its first page. Leaves it to
 * the next time if another process uses the log. Waits for the disk several times.
 */
export function restartLog(database: DatabaseSync, mode: RestartMode): void {
  const { busy } = database.prepare(`PRAGMA wal_checkpoint(${mode})`).get()!;
  if (busy === 0) beginLog(database);
}

/**
 * Writes the first page of a new log. SQLite waits for the disk at this commit even where it
 * does not at others, so a write of the server must not be the first.
 */
export function beginLog(database: DatabaseSync): void {
  database.exec(PROBE);
}
