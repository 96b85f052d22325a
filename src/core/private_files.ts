import { join } from "node:path";

const FOLDER_MODE = 0o700, FILE_MODE = 0o600;
/** Whatever the group or others may do. */
const OTHERS = 0o077;

/**
 * Makes a folder that only its owner may enter, and tightens one that exists, with those of its entries
 * whose names match `own`: other files in it are not ours.
 */
export async function makePrivateFolder(path: string, own: RegExp): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: FOLDER_MODE });
  await tighten(path, FOLDER_MODE);
  for await (const { name, isFile, isDirectory } of Deno.readDir(path)) {
    if (!own.test(name)) continue;
    if (isFile) await tighten(join(path, name), FILE_MODE);
    if (isDirectory) await tighten(join(path, name), FOLDER_MODE);
  }
}

/** Creates an empty file that only its owner may read; one that exists keeps its content. */
export async function makePrivateFile(path: string): Promise<void> {
  const file = await Deno.open(path, { create: true, append: true, mode: FILE_MODE });
  file.close();
  await tighten(path, FILE_MODE);
}

/**
 * A file of somebody else, or a file system without modes, stays as it is. So does one that has gone since
 * it was seen: SQLite's -wal and -shm go when the last process closes the database.
 */
async function tighten(path: string, mode: number): Promise<void> {
  if (Deno.build.os === "windows") return;
  const found = await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  const current = found?.mode ?? null;
  if (current === null || (current & OTHERS) === 0) return;
  await Deno.chmod(path, mode).catch(() => {});
}
