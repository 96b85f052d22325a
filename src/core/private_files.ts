import { join } from "node:path";

const FOLDER_MODE = 0o700, FILE_MODE = 0o600;
/** Permission bits of group and others. */
const OTHERS = 0o077;

/**
 * Creates a folder that only its owner may enter, or tightens an existing one, with those of its
 * entries whose names match `own`: other files there do not belong to the server.
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
 * Files of other owners, and file systems without modes, stay as they are. A file may be gone since
 * it was listed: SQLite's -wal and -shm go when the last process closes the database.
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
