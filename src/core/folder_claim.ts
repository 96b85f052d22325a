/** Open until the process ends: closing one would give its claim up. */
const claims: Deno.FsFile[] = [];

/**
 * Claims a folder until this process ends, whatever ends it; returns false if another process has
 * it. Shared claims do not exclude each other: for the threads of one process. Returns true where
 * the system cannot lock a folder.
 */
export function claimFolder(path: string, { isShared = false } = {}): boolean {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path);
  } catch {
    return true;
  }
  try {
    const isClaimed = file.tryLockSync(!isShared);
    if (isClaimed) claims.push(file);
    else file.close();
    return isClaimed;
  } catch {
    file.close();
    return true;
  }
}
