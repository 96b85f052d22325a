import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { RESTORE_DRAFT } from "../config/data_dir.ts";
import { checkSums, filesUnder, SUMS_FILE } from "./checksums.ts";
import {
  BLOBS,
  copyDurably,
  DATABASE,
  exists,
  LOG,
  removeIfThere,
  SECRETS,
  syncFolder,
} from "./files.ts";

export interface RestoreOptions {
  /** A folder created by `backUp`. */
  from: string;
  dataDir: string;
}

/**
 * Restores a backup into a data folder without a database. Everything is first copied next to its
 * destination and moved into place at the end, the database last. The server refuses to start on a
 * folder with an interrupted restore; the next restore starts from the beginning.
 *
 * The restored database gets a new incarnation: clients that have seen later revisions than the
 * backup contains must not confuse its next revisions with those.
 */
export async function restore({ from, dataDir }: RestoreOptions): Promise<void> {
  await checkSums(from);
  await Deno.mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = join(dataDir, RESTORE_DRAFT);
  if (await isMoved(dataDir, draft)) return await finish(dataDir, draft);
  await requireEmpty(dataDir, draft);
  await Deno.mkdir(draft, { mode: 0o700 });
  for (const path of await filesUnder(from)) {
    if (path !== SUMS_FILE) await copyDurably(join(from, path), join(draft, path));
  }
  renew(join(draft, DATABASE));
  await moveIntoPlace(dataDir, draft);
  await finish(dataDir, draft);
}

/** True if an earlier restore was interrupted after its last move. */
async function isMoved(dataDir: string, draft: string): Promise<boolean> {
  return await exists(draft) && !await exists(join(draft, DATABASE)) &&
    await exists(join(dataDir, DATABASE));
}

async function requireEmpty(dataDir: string, draft: string): Promise<void> {
  if (await exists(join(dataDir, DATABASE))) {
    throw new Error(
      `Cannot restore into ${dataDir}: there is a ${DATABASE} in it. Move it away, with ${LOG} and the ` +
        "folder media",
    );
  }
  // SQLite would apply the log of the former database to the restored one.
  if (await exists(join(dataDir, LOG))) {
    throw new Error(
      `Cannot restore into ${dataDir}: there is a ${LOG} in it. Move it to the ${DATABASE} that it ` +
        "belongs to: it holds the last changes of that",
    );
  }
  const isRepeated = await exists(draft);
  const blobs = join(dataDir, BLOBS);
  if (!isRepeated && await exists(blobs) && (await filesUnder(blobs)).length > 0) {
    throw new Error(
      `Cannot restore into ${dataDir}: there are files in its folder media. Move it away`,
    );
  }
  await removeIfThere(draft);
  await removeIfThere(join(dataDir, "media"));
}

/** Deletes leases of former processes and expired signals, and sets a new incarnation. */
function renew(path: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA journal_mode = DELETE");
    const tables = new Set(
      database.prepare("SELECT name FROM sqlite_schema").all().map(({ name }) => name),
    );
    if (tables.has("leases")) database.exec("DELETE FROM leases");
    // A file of a release without incarnations gets one at its first start.
    if (!tables.has("meta")) return;
    database.exec(
      "UPDATE meta SET value = lower(hex(randomblob(16))) WHERE key = 'incarnation'",
    );
  } finally {
    database.close();
  }
}

async function moveIntoPlace(dataDir: string, draft: string): Promise<void> {
  for (const name of ["media", SECRETS, DATABASE]) {
    if (await exists(join(draft, name))) await Deno.rename(join(draft, name), join(dataDir, name));
    await syncFolder(dataDir);
  }
}

async function finish(dataDir: string, draft: string): Promise<void> {
  for (const suffix of ["", "-wal", "-shm"]) {
    await removeIfThere(join(dataDir, `kv.sqlite3${suffix}`));
  }
  await removeIfThere(draft);
  await syncFolder(dataDir);
}
