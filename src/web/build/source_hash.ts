import { createHash } from "node:crypto";

const SRC = new URL("../../", import.meta.url);

/**
 * The only folders whose code can end up in the page: the import directions hold the page to the
 * client library, `core` and `model`; from everything else it takes types.
 */
const FOLDERS = ["client/", "core/", "model/", "web/build/", "web/page/"];
const PACKAGES = new URL("../deno.lock", SRC);

/**
 * Returns the name under which the page of this source is built: a hash of its files. A build of
 * another version is therefore never mistaken for this one's, whatever the times of the files say.
 */
export async function sourceHash(): Promise<string> {
  const paths = [PACKAGES];
  for (const folder of FOLDERS) await collect(new URL(folder, SRC), paths);
  const hash = createHash("sha256");
  for (const path of paths.sort((a, b) => a.href < b.href ? -1 : 1)) {
    const bytes = await Deno.readFile(path);
    hash.update(`${path.href.slice(SRC.href.length)} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex").slice(0, 16);
}

async function collect(folder: URL, paths: URL[]): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) await collect(new URL(`${name}/`, folder), paths);
    else paths.push(new URL(name, folder));
  }
}
