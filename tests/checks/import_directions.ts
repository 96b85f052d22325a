/**
 * Checks the imports of src against the layers of `import_layers.ts`: `deno task check:imports`.
 * Lists every violation with its file and line.
 */
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import {
  ADAPTER_FOLDERS,
  ADAPTER_IMPORTS,
  BACKENDS,
  BY_NAME,
  COMPOSITION_ROOT,
  ENVIRONMENT_READERS,
  FORBIDDEN_SCHEMES,
  HEAVY_PACKAGES,
  LAYERS,
  ROOT_FILES,
  TYPES_FOR_ALL,
} from "./import_layers.ts";
import { environmentReads, type Import, importsOf } from "./import_scanner.ts";

/** Text of the files of src, by their paths in it: `core/errors.ts`. */
export type Sources = ReadonlyMap<string, string>;

/** Returns one line per violation; none when every import is allowed. */
export function breaches(sources: Sources): string[] {
  const found: string[] = [];
  for (const [file, text] of sources) {
    const layer = layerOf(file);
    if (!(layer in LAYERS) && !(layer in ROOT_FILES)) {
      found.push(`src/${file}: the folder "${layer}" has no layer in import_layers.ts`);
      continue;
    }
    for (const each of importsOf(text)) {
      const breach = breachOf(sources, file, each);
      if (breach) found.push(`src/${file}:${each.line}: ${breach}`);
    }
    if (ENVIRONMENT_READERS.includes(file)) continue;
    for (const line of environmentReads(text)) {
      found.push(`src/${file}:${line}: only ${ENVIRONMENT_READERS[0]} reads the environment`);
    }
  }
  return [...found, ...heavyAtStart(sources), ...circles(sources)];
}

function breachOf(sources: Sources, file: string, { specifier, typeOnly }: Import): string | null {
  const scheme = FORBIDDEN_SCHEMES.find((scheme) => specifier.startsWith(scheme));
  if (scheme) return `"${specifier}" is a ${scheme} import: packages are listed in deno.json`;
  if (!specifier.startsWith(".")) return null;
  const target = posix.join(posix.dirname(file), specifier);
  if (target.startsWith("..")) return `"${specifier}" lies outside src`;
  if (isAdapter(sources, target) && !sharesAdapter(sources, file, target)) {
    return `${target} is an adapter, which only ${COMPOSITION_ROOT} names`;
  }
  const as = typeOnly ? "as a type" : "as a value";
  return mayImport(sources, file, target, typeOnly)
    ? null
    : `${file.includes("/") ? `"${layerOf(file)}"` : file} may not import ${target} ${as}`;
}

function mayImport(sources: Sources, file: string, target: string, typeOnly: boolean): boolean {
  const [from, to] = [layerOf(file), layerOf(target)];
  if (from in ROOT_FILES) {
    const { values } = ROOT_FILES[from];
    return values === "anything" || values.includes(to) || values.includes(target);
  }
  if (from === to) return true;
  if (typeOnly && TYPES_FOR_ALL.includes(to)) return true;
  if (isAdapter(sources, file)) return ADAPTER_IMPORTS.includes(to);
  const { values, types = [] } = LAYERS[from];
  const byName = BY_NAME[posix.basename(file)] ?? [];
  const allowed = [...values, ...byName, ...(typeOnly ? types : [])];
  return allowed.includes(to) || allowed.includes(target);
}

/** Returns the folder of a file, or the file itself at the top of src. */
function layerOf(file: string): string {
  return file.split("/")[0];
}

function adapterFolder(file: string): string | undefined {
  return ADAPTER_FOLDERS.find((folder) => file === folder || file.startsWith(`${folder}/`));
}

function isAdapter(sources: Sources, file: string): boolean {
  if (adapterFolder(file)) return true;
  const [, role, backend] = /^(.*)_([^_/]+)\.ts$/.exec(file) ?? [];
  return BACKENDS.includes(backend) && sources.has(`${role}.ts`);
}

/**
 * The parts of one adapter may import each other, and so may those of one backend in one feature.
 */
function sharesAdapter(sources: Sources, file: string, target: string): boolean {
  if (file === COMPOSITION_ROOT) return true;
  const folder = adapterFolder(target);
  if (folder) return adapterFolder(file) === folder;
  return isAdapter(sources, file) && posix.dirname(file) === posix.dirname(target);
}

/** Follows the static imports of values from main.ts, and reports the path to a heavy package. */
function heavyAtStart(sources: Sources): string[] {
  const cameFrom = new Map<string, string | null>([["main.ts", null]]);
  const found: string[] = [];
  for (const file of cameFrom.keys()) {
    for (const { specifier, typeOnly, dynamic } of importsOf(sources.get(file) ?? "")) {
      if (typeOnly || dynamic) continue;
      const heavy = HEAVY_PACKAGES.some((name) => specifier === name || specifier.startsWith(name));
      const target = posix.join(posix.dirname(file), specifier);
      if (heavy) found.push(`src/${wayTo(file, cameFrom)}: "${specifier}" is loaded at start-up`);
      else if (sources.has(target) && !cameFrom.has(target)) cameFrom.set(target, file);
    }
  }
  return found;
}

/**
 * Cycles of static imports, types included: two files that need each other are one idea, or a third
 * one between them is missing. Lists each cycle once, from the file that comes first.
 */
function circles(sources: Sources): string[] {
  const imports = (file: string) => staticImportsOf(sources, file);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push(`src/${[...path.slice(at), file].join(" → ")}: a circle of imports`);
    if (at >= 0 || done.has(file)) return;
    for (const target of imports(file)) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of [...sources.keys()].sort()) visit(file, []);
  return found;
}

function staticImportsOf(sources: Sources, file: string): string[] {
  return importsOf(sources.get(file) ?? "")
    .filter(({ dynamic }) => !dynamic)
    .map(({ specifier }) => posix.join(posix.dirname(file), specifier))
    .filter((target) => sources.has(target));
}

function wayTo(file: string, cameFrom: ReadonlyMap<string, string | null>): string {
  const before = cameFrom.get(file);
  return before ? `${wayTo(before, cameFrom)} → ${file}` : file;
}

async function readSources(root: string, folder = "."): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(posix.join(root, folder))) {
    const path = posix.join(folder, name);
    if (isDirectory) { for (const entry of await readSources(root, path)) sources.set(...entry); }
    else if (name.endsWith(".ts")) {
      sources.set(path, await Deno.readTextFile(posix.join(root, path)));
    }
  }
  return sources;
}

if (import.meta.main) {
  const sources = await readSources(fileURLToPath(new URL("../../src", import.meta.url)));
  const found = breaches(sources);
  for (const breach of found) console.error(breach);
  console.log(`Imports: ${sources.size} files, ${found.length} breaches`);
  Deno.exit(found.length > 0 ? 1 : 0);
}
