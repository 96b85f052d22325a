import { dirname, join } from "node:path";

/** Copies a file whole and onto the disk, readable by its owner alone. */
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

/** Makes renames in the folder survive a power cut. Not to be had on Windows. */
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
export const BLOBS = join("media", "blobs");
export const SECRETS = "dev_secrets.json";
