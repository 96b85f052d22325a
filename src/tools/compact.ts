import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DATABASE, exists } from "./files.ts";

/**
 * Rebuilds the database's file. It becomes as small as its content, and no copy of a deleted row
 * remains in the middle of a page, where `secure_delete` does not reach. A running server delays
 * its writes meanwhile, some seconds for each gigabyte.
 */
export async function compact(dataDir: string): Promise<{ before: number; after: number }> {
  const path = join(dataDir, DATABASE);
  if (!await exists(path)) {
    throw new Error(`Cannot compact ${dataDir}: there is no ${DATABASE} in it`);
  }
  const database = new DatabaseSync(path, { timeout: 30_000 });
  try {
    const before = sizeOf(database);
    database.exec("VACUUM");
    forgetDue(database);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    return { before, after: sizeOf(database) };
  } catch (cause) {
    // SQLite reports the reason, and seldom the file.
    throw new Error(`Cannot compact ${path}: ${(cause as Error).message}`, { cause });
  } finally {
    database.close();
  }
}

/** Size in bytes, including content that is only in the write-ahead log so far. */
function sizeOf(database: DatabaseSync): number {
  const { size } = database.prepare(
    "SELECT page_count * page_size AS size FROM pragma_page_count, pragma_page_size",
  ).get()!;
  return Number(size);
}

/**
 * Clears the mark of a rebuild that an upgrade left to do (see deleted_rows.ts). Early schemas have
 * no such table.
 */
function forgetDue(database: DatabaseSync): void {
  const hasMeta = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get();
  if (hasMeta) database.exec("DELETE FROM meta WHERE key = 'vacuum'");
}
