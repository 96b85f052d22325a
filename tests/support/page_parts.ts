import { gzipSync } from "node:zlib";

async function gzipped(folder: URL, name: string): Promise<number> {
  return gzipSync(await Deno.readFile(new URL(name, folder)), { level: 9 }).length;
}

/**
 * Returns the names of the files that the page itself requests, and of the further parts that a
 * first screen loads.
 */
export async function filesOfScreen(folder: URL, ...parts: string[]): Promise<string[]> {
  const html = await Deno.readTextFile(new URL("index.html", folder));
  const named = [...html.matchAll(/(?:src|href)="\/web\/([^"]+)"/g)].map(([, name]) => name);
  const names = new Set(named);
  const pending = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => parts.some((part) => name.startsWith(`${part}-`)));
  for (const name of pending) {
    names.add(name);
    const code = await Deno.readTextFile(new URL(name, folder));
    for (const [, imported] of code.matchAll(/from"\.\/([^"]+)"/g)) {
      if (!names.has(imported)) pending.push(imported);
    }
  }
  return [...names];
}

/** Returns the bytes of the files with this ending, gzipped. */
export async function gzippedSize(folder: URL, names: string[], ending: string): Promise<number> {
  const sizes = names.filter((name) => name.endsWith(ending)).map((name) => gzipped(folder, name));
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
}
