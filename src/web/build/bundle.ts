import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const ARGUMENTS = [
  "bundle",
  "--quiet",
  "--platform",
  "browser",
  "--minify",
  // For cipher suite 3: ts-mls would load it when asked for that suite, which no client here does.
  "--external",
  "@noble/ciphers/chacha.js",
];

/**
 * Bundles an entry by Deno's own bundler. Returns all parts by name: what the entry imports on
 * first use is in separate parts, or in the one part if `isWhole` (a service worker may not import
 * on first use).
 */
export async function bundle(
  entry: URL,
  folder: URL,
  { isWhole = false }: { isWhole?: boolean } = {},
): Promise<Map<string, string>> {
  const splitting = isWhole ? [] : ["--code-splitting"];
  const places = ["--outdir", fileURLToPath(folder), fileURLToPath(entry)];
  const args = [...ARGUMENTS, ...splitting, ...places];
  // Without the packages and the bundler in the cache, this needs a network.
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code !== 0) {
    const reason = new TextDecoder().decode(stderr).trim();
    throw new Error(`Cannot bundle the page: deno bundle ended with ${code}: ${reason}`);
  }
  const parts = new Map<string, string>();
  for await (const { name } of Deno.readDir(folder)) {
    parts.set(name, await Deno.readTextFile(new URL(name, folder)));
  }
  return new Map([...parts].sort(([a], [b]) => a < b ? -1 : 1));
}
