import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * The release that a rolling deployment replaces. `.ci/run` fetches it where the clone lacks
 * history.
 */
export const EARLIER_RELEASE = "8fed8a91dc854f2447b22998b80ae985166c72a7";

/** Returns true if this clone's history contains the release. */
export async function hasEarlierRelease(): Promise<boolean> {
  try {
    const args = ["cat-file", "-e", `${EARLIER_RELEASE}^{commit}`];
    return (await new Deno.Command("git", { args, cwd: ROOT, stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

/**
 * Writes the release's own source to a folder, with today's dependencies: they are installed
 * already, and have the same interfaces.
 */
export async function extractEarlierRelease(folder: string): Promise<void> {
  const pipe = `git archive ${EARLIER_RELEASE} src | tar -x -C "$0"`;
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-c", pipe, folder],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  for (const name of ["deno.json", "deno.lock"]) {
    await Deno.copyFile(`${ROOT}${name}`, `${folder}/${name}`);
  }
}
