import { createHash } from "node:crypto";
import { bundle } from "./bundle.ts";
import { mergeChunks } from "./merge_chunks.ts";
import { styleSheets } from "./style_sheet.ts";
import { sourceHash } from "./source_hash.ts";

const PAGE = new URL("../page/", import.meta.url);
/** Git ignores it. A built page is a folder in it, named by the hash of its source. */
const BUILDS = new URL("../../../dist/page/", import.meta.url);
/** Files that are served as they are, under a name with their hash. */
const STATIC = ["icon.svg"];

/** Where the page of this source is, once it is built. */
export async function builtFolder(): Promise<URL> {
  return new URL(`${await sourceHash()}/`, BUILDS);
}

export async function isBuilt(folder: URL): Promise<boolean> {
  try {
    return (await Deno.stat(new URL("index.html", folder))).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Bundles the page unless this source is built already, and returns its folder. The folder appears under
 * its name when it is complete, so that several processes may build at once and no reader sees half of it.
 */
export async function buildPage(): Promise<URL> {
  const folder = await builtFolder();
  if (await isBuilt(folder)) return folder;
  await Deno.mkdir(BUILDS, { recursive: true });
  const draft = new URL(`.${crypto.randomUUID()}/`, BUILDS);
  try {
    await Deno.mkdir(draft);
    await writePage(draft);
    await Deno.rename(draft, folder);
  } catch (error) {
    await Deno.remove(draft, { recursive: true }).catch(() => {});
    // Another process was faster: a folder cannot be renamed onto one that has files.
    if (!await isBuilt(folder)) throw error;
  }
  await removeOthers(folder);
  return folder;
}

async function writePage(folder: URL): Promise<void> {
  const names: Record<string, string> = {};
  for (const [name, css] of await styleSheets(PAGE)) names[name] = await write(folder, name, css);
  for (const name of STATIC) {
    names[name] = await write(folder, name, await Deno.readTextFile(new URL(name, PAGE)));
  }
  const folderOfParts = new URL("parts/", folder);
  const parts = await bundle(new URL("main.tsx", PAGE), folderOfParts);
  await Deno.remove(folderOfParts, { recursive: true });
  // Before the parts are named by their content. Parts name style sheets that they load on first use.
  for (const [name, code] of parts) parts.set(name, withNames(code, names));
  const { merged, entry } = mergeChunks(parts, "main.js");
  for (const [name, code] of merged) await Deno.writeTextFile(new URL(name, folder), code);
  names["main.js"] = entry;
  const html = await Deno.readTextFile(new URL("index.html", PAGE));
  await Deno.writeTextFile(new URL("index.html", folder), withNames(html, names));
}

/** Puts the names that carry a hash for those in the source. */
function withNames(text: string, names: Record<string, string>): string {
  return text.replace(/(["'`])\/web\/([\w.]+)\1/g, (whole, quote, name) => {
    return Object.hasOwn(names, name) ? `${quote}/web/${names[name]}${quote}` : whole;
  });
}

/** A file that is named by its content may be kept by browsers for good. */
async function write(folder: URL, name: string, text: string): Promise<string> {
  const [stem, extension] = name.split(".");
  const hashed = `${stem}-${contentHash(text)}.${extension}`;
  await Deno.writeTextFile(new URL(hashed, folder), text);
  return hashed;
}

function contentHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}

/** Builds of earlier versions. A server that still serves one has read its files. */
async function removeOthers(kept: URL): Promise<void> {
  for await (const { name } of Deno.readDir(BUILDS)) {
    const path = new URL(`${name}/`, BUILDS);
    // A name with a dot is being written by another process.
    if (path.href !== kept.href && !name.startsWith(".")) {
      await Deno.remove(path, { recursive: true }).catch(() => {});
    }
  }
}
