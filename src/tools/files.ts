import { dirname, join } from "node:path";

/** Copies a file completely and flushes it to the disk; only its owner can read it. */
export async function copyDurably(from: string, to: string): Promise<void> {
  await Deno.mkdir(dirname(to), { recursive: true, mode: 0o700 });
  const target = await Deno.open(to, { write: true, create: true, truncate: true, mode: 0o600 });
  try {
    await (await Deno.open(from)).readable.pipeTo(target.writable, { preventClose: true });
    await target.sync();
  } finally {
    target.close();
  }
}

/**
 * Flushes renames in the folder to the disk, so that they survive a power cut. Not available on
 * Windows.
 */
export async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path);
  await folder.sync();
}

export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

export async function removeIfThere(path: string): Promise<void> {
  if (await exists(path)) await Deno.remove(path, { recursive: true });
}

export const DATABASE = "chat.sqlite3";
/** The write-ahead log of `DATABASE`: changes that are not in its file yet. */
export const LOG = `${DATABASE}-wal`;
export const BLOBS = join("media", "blobs");
export const SECRETS = "dev_secrets.json";
