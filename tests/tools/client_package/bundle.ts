import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** Peer dependencies of `react/mod.ts`: the app's own copy must be used. */
const PEERS = ["react", "react/jsx-runtime"];
/**
 * ts-mls would load it for a cipher suite that the library does not use; other such packages are
 * not installed.
 */
const UNUSED = ["@noble/ciphers/chacha.js"];
/**
 * Bare dynamic imports of ts-mls and @hpke, for cipher suites and platforms that the library does
 * not use.
 */
const BARE_DYNAMIC = /\bimport\("([^".][^"]*)"\)/g;
/** The comment that esbuild writes above each module. */
const MODULE_COMMENT = /^\/\/ (\S+\.[mc]?[jt]sx?)$/gm;
/** A package in Deno's cache: `…/npm/<registry>/<name>/<version>/<path>`. */
const CACHED_PACKAGE = /^.*\/npm\/[^/]+\/(?=.)/;
/** The folder of such a package. */
const PACKAGE_FOLDER = /^.*\/npm\/[^/]+\/(@[^/]+\/)?[^/]+\/[^/]+(?=\/)/;

/**
 * Bundles readable modules from entries below `src/client`, at the same paths below `folder`. Code
 * that several of them need, and dynamically imported code, is in separate files. Returns the
 * folders of the packages whose code they contain.
 */
export async function bundleModules(folder: string, entries: string[]): Promise<Set<string>> {
  const sources = entries.map((entry) => `src/client/${entry}`);
  const external = [...PEERS, ...UNUSED].flatMap((name) => ["--external", name]);
  await denoBundle([...external, "--code-splitting", "--outdir", folder, ...sources]);
  const used: string[] = [];
  for (const path of await scripts(folder)) used.push(...await clean(path));
  return new Set(used.flatMap((source) => PACKAGE_FOLDER.exec(source)?.[0] ?? []));
}

/** Minifies the modules at `paths` below `folder` to `folder/min`. */
export async function minifyModules(folder: string, paths: string[]): Promise<void> {
  const args = ["--minify", "--code-splitting", "--outdir", join(folder, "min")];
  await denoBundle([...args, ...paths.map((path) => join(folder, path))]);
}

/** Bundles all exports of the modules at `paths` below `folder` into one minified module. */
export async function minifyTogether(folder: string, paths: string[], name: string): Promise<void> {
  const entry = join(folder, `all_${name}`);
  await Deno.writeTextFile(entry, paths.map((path) => `export * from "./${path}";\n`).join(""));
  await denoBundle(["--minify", "--output", join(folder, name), entry]);
  await Deno.remove(entry);
}

/** Inserts a line before a module, and adjusts its source map. */
export async function prependLine(path: string, line: string): Promise<void> {
  await Deno.writeTextFile(path, `${line}\n${await Deno.readTextFile(path)}`);
  const map = JSON.parse(await Deno.readTextFile(`${path}.map`));
  await Deno.writeTextFile(
    `${path}.map`,
    JSON.stringify({ ...map, mappings: `;${map.mappings}` }),
  );
}

async function denoBundle(args: string[]): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", "--sourcemap", "linked", ...args],
    cwd: ROOT,
  });
  const { code, stderr } = await command.output();
  if (code !== 0) {
    throw new Error(`Cannot bundle the client: ${new TextDecoder().decode(stderr)}`);
  }
}

/** Returns all `.js` files of a folder and its subfolders. */
export async function scripts(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await scripts(path));
    else if (name.endsWith(".js")) found.push(path);
  }
  return found.sort();
}

/**
 * Removes paths of this machine and imports that no bundler could resolve. Returns the paths of the
 * sources.
 */
async function clean(path: string): Promise<string[]> {
  const code = (await Deno.readTextFile(path))
    .replace(MODULE_COMMENT, (_, source) => `// ${portable(resolve(ROOT, source))}`)
    .replace(BARE_DYNAMIC, (whole, name) => PEERS.includes(name) ? whole : unavailable(name));
  await Deno.writeTextFile(path, code);
  const map = JSON.parse(await Deno.readTextFile(`${path}.map`));
  const paths: string[] = map.sources.map((source: string) => resolve(dirname(path), source));
  await Deno.writeTextFile(
    `${path}.map`,
    JSON.stringify({ ...map, sources: paths.map(portable) }),
  );
  return paths;
}

function portable(path: string): string {
  return CACHED_PACKAGE.test(path) ? path.replace(CACHED_PACKAGE, "npm/") : relative(ROOT, path);
}

function unavailable(name: string): string {
  return `Promise.reject(new Error("${name} is not part of this library"))`;
}
