import { createHash } from "node:crypto";
import { bundle } from "./bundle.ts";
import { mergeChunks } from "./merge_chunks.ts";
import { styleSheets } from "./style_sheet.ts";
import { sourceHash } from "./source_hash.ts";
import { SERVICE_WORKER, withShell } from "./worker_shell.ts";

const PAGE = new URL("../page/", import.meta.url);
/** Git ignores it. A built page is a folder in it, named by the hash of its source. */
const BUILDS = new URL("../../../dist/page/", import.meta.url);
/** Pictures that are served as they are, under a name with their hash. */
const ICONS = [
  "icon.svg",
  "icons/icon_192.png",
  "icons/icon_512.png",
  "icons/maskable_512.png",
  "icons/badge_96.png",
];

const MANIFEST = "manifest.webmanifest";

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
 * Bundles the page unless this source is built already, and returns its folder. The folder appears
 * under its name when it is complete, so that several processes may build at once and no reader
 * sees half of it.
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

/**
 * Writes the page's files into an empty folder. The bundlers run one after another: on a machine's
 * first build each would put the program that it runs into Deno's cache, and one finds the other's
 * half copied.
 */
export async function writePage(folder: URL): Promise<void> {
  const names: Record<string, string> = {};
  for (const [name, css] of await styleSheets(PAGE)) names[name] = await write(folder, name, css);
  for (const path of ICONS) {
    const name = path.split("/").at(-1)!;
    names[name] = await write(folder, name, await Deno.readFile(new URL(path, PAGE)));
  }
  const manifest = await Deno.readTextFile(new URL(MANIFEST, PAGE));
  names[MANIFEST] = await write(folder, MANIFEST, withNames(manifest, names));
  const page = await bundled("main.tsx", folder, { names });
  const worker = await bundled("worker/service_worker.ts", folder, { names, isWhole: true });
  const { merged, entry } = mergeChunks(page, "main.js");
  for (const [name, code] of merged) await Deno.writeTextFile(new URL(name, folder), code);
  names["main.js"] = entry;
  const html = await Deno.readTextFile(new URL("index.html", PAGE));
  await Deno.writeTextFile(new URL("index.html", folder), withNames(html, names));
  const script = await withShell(worker.get(SERVICE_WORKER)!, entry, folder);
  await Deno.writeTextFile(new URL(SERVICE_WORKER, folder), script);
}

/**
 * Returns the parts of a script, with the names of other files that carry a hash. This comes before
 * the parts are named by their content: parts name style sheets that they load on first use.
 */
async function bundled(
  path: string,
  folder: URL,
  { names, isWhole }: { names: Record<string, string>; isWhole?: boolean },
): Promise<Map<string, string>> {
  const folderOfParts = new URL(`${contentHash(path)}/`, folder);
  const parts = await bundle(new URL(path, PAGE), folderOfParts, { isWhole });
  await Deno.remove(folderOfParts, { recursive: true });
  for (const [name, code] of parts) parts.set(name, withNames(code, names));
  return parts;
}

/** Puts the names that carry a hash for those in the source. */
function withNames(text: string, names: Record<string, string>): string {
  return text.replace(/(["'`])\/web\/([\w.]+)\1/g, (whole, quote, name) => {
    return Object.hasOwn(names, name) ? `${quote}/web/${names[name]}${quote}` : whole;
  });
}

/** A file that is named by its content may be kept by browsers for good. */
async function write(
  folder: URL,
  name: string,
  content: string | Uint8Array<ArrayBuffer>,
): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const [stem, extension] = name.split(".");
  const hashed = `${stem}-${contentHash(bytes)}.${extension}`;
  await Deno.writeFile(new URL(hashed, folder), bytes);
  return hashed;
}

function contentHash(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 10);
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
