import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const ARGUMENTS = [
  ...["bundle", "--quiet", "--platform", "browser", "--minify", "--code-splitting"],
  // Of cipher suite 3: ts-mls would load it when asked for that one, and no client here asks for it.
  ...["--external", "@noble/ciphers/chacha.js"],
];

export interface Bundle {
  /** Name of the entry in the folder. */
  entry: string;
  /** Names of the parts that the entry imports, directly or not. */
  shared: string[];
}

/** Bundles an entry and what it imports on first use into the folder, by Deno's own bundler. */
export async function bundle(entry: URL, folder: URL): Promise<Bundle> {
  const path = fileURLToPath(entry);
  const args = [...ARGUMENTS, "--outdir", fileURLToPath(folder), path];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    // The packages are in the cache; without them, or without the bundler, this needs a network.
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code !== 0) {
    const reason = new TextDecoder().decode(stderr).trim();
    throw new Error(`Cannot bundle the page: deno bundle ended with ${code}: ${reason}`);
  }
  const name = path.split(/[\\/]/).at(-1)!.replace(/\.tsx?$/, ".js");
  return { entry: name, shared: await importsOf(name, folder) };
}

/** Each once, in the order in which they are found. */
async function importsOf(entry: string, folder: URL): Promise<string[]> {
  const found = new Set<string>();
  const pending = [entry];
  for (const name of pending) {
    const code = await Deno.readTextFile(new URL(name, folder));
    // Static imports only: an import on first use is a call, `import("./…")`.
    for (const [, imported] of code.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) {
      if (found.has(imported)) continue;
      found.add(imported);
      pending.push(imported);
    }
  }
  return [...found];
}
