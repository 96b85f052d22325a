import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { makePrivateFile } from "../core/private_files.ts";
import { fileKey, thumbnailKey } from "../media/media_rules.ts";
import { filesUnder, writeSums } from "./checksums.ts";
import {
  BLOBS,
  copyDurably,
  DATABASE,
  exists,
  removeIfThere,
  SECRETS,
  syncFolder,
} from "./files.ts";

/** Attempts to take a snapshot: it is repeated if a file is deleted while it is copied. */
const MAX_ATTEMPTS = 5;

export interface BackupOptions {
  dataDir: string;
  /** The folder to create. */
  to: string;
  /** True if uploads are in a bucket: then the backup is without them. */
  hasBucket?: boolean;
}

export interface BackupSummary {
  files: number;
  bytes: number;
}

/**
 * Copies the database and the files that it names into a new folder, also while the server runs.
 * The folder gets its name when it is complete: until then it is called `<to>.partial`, and a rest
 * of an interrupted backup under that name is replaced.
 */
export async function backUp(
  { dataDir, to, hasBucket = false }: BackupOptions,
): Promise<BackupSummary> {
  if (!await exists(join(dataDir, DATABASE))) {
    throw new Error(`Cannot back up ${dataDir}: there is no ${DATABASE} in it`);
  }
  if (await exists(to)) throw new Error(`Cannot back up to ${to}: it exists already`);
  const draft = `${to}.partial`;
  await removeIfThere(draft);
  await Deno.mkdir(draft, { recursive: true, mode: 0o700 });
  if (hasBucket) await snapshot(join(dataDir, DATABASE), join(draft, DATABASE));
  else await copyContent(dataDir, draft);
  const secrets = join(dataDir, SECRETS);
  if (await exists(secrets)) await copyDurably(secrets, join(draft, SECRETS));
  await writeSums(draft);
  await syncFolder(draft);
  await Deno.rename(draft, to);
  await syncFolder(dirname(to));
  return await summaryOf(to);
}

/**
 * Copies files first, because they are most of the work; then the database, then the files added in
 * between. A file never changes, so the time of its copy does not matter.
 */
async function copyContent(dataDir: string, draft: string): Promise<void> {
  await copyBlobs(dataDir, draft);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const referenced = await snapshot(join(dataDir, DATABASE), join(draft, DATABASE));
    const copied = await copyBlobs(dataDir, draft);
    if (referenced.ready.every((name) => copied.has(name))) {
      return await removeBlobs(draft, referenced.all);
    }
  }
  throw new Error("Cannot back up: files that the database names are missing from the data folder");
}

interface Referenced {
  /** Names of files that must exist. */
  ready: string[];
  /** Names of files that must or may exist. */
  all: Set<string>;
}

/**
 * Runs in a separate transaction, so that other processes go on writing. Returns the files that the
 * database names.
 */
async function snapshot(from: string, to: string): Promise<Referenced> {
  await removeIfThere(to);
  await makePrivateFile(to);
  const source = new DatabaseSync(from, { timeout: 30_000 });
  try {
    source.prepare("VACUUM INTO ?").run(to);
  } catch (cause) {
    // SQLite reports the reason, and seldom the file.
    throw new Error(`Cannot back up ${from} to ${to}: ${(cause as Error).message}`, { cause });
  } finally {
    source.close();
  }
  using file = await Deno.open(to, { write: true });
  await file.sync();
  return referencedBy(to);
}

function referencedBy(path: string): Referenced {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    // `blobId` was added by a later release: see its schema step.
    const columns = database.prepare("SELECT name FROM pragma_table_info('media')").all();
    const blob = columns.some(({ name }) => name === "blobId") ? "blobId" : "id";
    const rows = database.prepare(
      `SELECT ${blob} AS blob, status, upload ->> '$.key' AS key FROM media`,
    ).all();
    const ready = rows.filter(({ status }) => status === "ready").map(({ blob }) =>
      nameOf(fileKey(String(blob)))
    );
    const thumbnails = rows.map(({ blob }) => nameOf(thumbnailKey(String(blob))));
    const uploads = rows.flatMap(({ key }) => key === null ? [] : [nameOf(String(key))]);
    return { ready, all: new Set([...ready, ...thumbnails, ...uploads]) };
  } finally {
    database.close();
  }
}

/** Returns the file name for a key, as `DiskBlobStore` does. */
function nameOf(key: string): string {
  return key.replaceAll("/", "%2F");
}

/** Copies the missing files; returns the names of all files that exist. */
async function copyBlobs(dataDir: string, draft: string): Promise<Set<string>> {
  const [from, to] = [join(dataDir, BLOBS), join(draft, BLOBS)];
  const copied = new Set<string>();
  if (!await exists(from)) return copied;
  for (const path of await filesUnder(from)) {
    try {
      if (!await exists(join(to, path))) await copyDurably(join(from, path), join(to, path));
      copied.add(path.split(/[/\\]/).at(-1)!);
    } catch (error) {
      // Deleted in the meantime.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return copied;
}

/** Removes files added after the snapshot of the database, because nothing in it refers to them. */
async function removeBlobs(draft: string, kept: ReadonlySet<string>): Promise<void> {
  const folder = join(draft, BLOBS);
  if (!await exists(folder)) return;
  for (const path of await filesUnder(folder)) {
    if (!kept.has(path.split(/[/\\]/).at(-1)!)) await Deno.remove(join(folder, path));
  }
}

async function summaryOf(folder: string): Promise<BackupSummary> {
  const paths = await filesUnder(folder);
  const sizes = await Promise.all(
    paths.map(async (path) => (await Deno.stat(join(folder, path))).size),
  );
  return { files: paths.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
