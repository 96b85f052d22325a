/**
 * Installs the tools of users (bundlers, compilers, Node's versions), pinned by
 * `tools/package-lock.json`, once per machine. `deno run -A tests/client_package/tools.ts` does it
 * ahead of the tests.
 */
import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { exists, LONG_PATIENCE_MS, run } from "./processes.ts";

const PINNED = fileURLToPath(new URL("tools/", import.meta.url));
const FILES = ["package.json", "package-lock.json"];
export const NODE_VERSIONS = [20, 22, 24] as const;

/** Folder with the tools' `node_modules`, in which the projects find them. */
export async function installedTools(): Promise<string> {
  const lock = await Deno.readFile(join(PINNED, "package-lock.json"));
  const hash = createHash("sha256").update(lock).digest("hex").slice(0, 16);
  const base = join(
    Deno.env.get("XDG_CACHE_HOME") ?? join(homedir(), ".cache"),
    "realtimechat-tests",
  );
  const folder = join(base, `client-tools-${hash}`);
  if (await exists(folder)) return folder;
  await Deno.mkdir(base, { recursive: true });
  const unfinished = await Deno.makeTempDir({ dir: base, prefix: "installing-" });
  for (const name of FILES) await Deno.copyFile(join(PINNED, name), join(unfinished, name));
  const options = { cwd: unfinished, patienceMs: LONG_PATIENCE_MS };
  await run("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], options);
  await settle(unfinished, folder);
  return folder;
}

/** Returns the program of one of `NODE_VERSIONS`. */
export function nodeOf(tools: string, version: typeof NODE_VERSIONS[number]): string {
  const cpu = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  return join(tools, "node_modules", `node-${version}-linux-${cpu}`, "bin", "node");
}

/** Another process may have been faster. */
async function settle(unfinished: string, folder: string): Promise<void> {
  try {
    await Deno.rename(unfinished, folder);
  } catch (error) {
    await Deno.remove(unfinished, { recursive: true });
    if (!await exists(folder)) throw error;
  }
}

if (import.meta.main) console.log(await installedTools());
