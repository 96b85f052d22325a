import { createHash } from "node:crypto";
import { join, relative } from "node:path";

/** In the format of `sha256sum`, so that a backup can be checked without this program. */
export const SUMS_FILE = "SHA256SUMS";

const LINE = /^([0-9a-f]{64}) [ *](.+)$/;

/** Returns the sorted paths of all files under a folder, relative to it. */
export async function filesUnder(folder: string, root = folder): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) paths.push(...await filesUnder(path, root));
    else paths.push(relative(root, path));
  }
  return paths.sort();
}

export async function writeSums(folder: string): Promise<void> {
  const lines: string[] = [];
  for (const path of await filesUnder(folder)) {
    lines.push(`${await sha256(join(folder, path))}  ${path}\n`);
  }
  await Deno.writeTextFile(join(folder, SUMS_FILE), lines.join(""), { mode: 0o600 });
}

/** Throws if a file is missing, has changed, or does not belong to the backup. */
export async function checkSums(folder: string): Promise<void> {
  const expected = new Map<string, string>();
  for (const line of (await readSums(folder)).split("\n").filter((line) => line !== "")) {
    const [, sum, path] = LINE.exec(line) ?? [];
    if (path === undefined) {
      throw new Error(`Cannot read ${SUMS_FILE}: "${line}" is not a line of it`);
    }
    expected.set(path, sum);
  }
  const found = (await filesUnder(folder)).filter((path) => path !== SUMS_FILE);
  const there = new Set(found);
  const missing = [...expected.keys()].filter((path) => !there.has(path));
  if (missing.length > 0) throw new Error(`The backup is incomplete: ${missing[0]} is missing`);
  for (const path of found) {
    if (expected.get(path) === await sha256(join(folder, path))) continue;
    throw new Error(`The backup is damaged: ${path} is not the file that was backed up`);
  }
}

async function readSums(folder: string): Promise<string> {
  try {
    return await Deno.readTextFile(join(folder, SUMS_FILE));
  } catch (cause) {
    throw new Error(`${folder} is not a complete backup: it has no ${SUMS_FILE}`, { cause });
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  // The stream closes the file.
  for await (const chunk of (await Deno.open(path)).readable) hash.update(chunk);
  return hash.digest("hex");
}
