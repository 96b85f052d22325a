/**
 * Writes the client library's npm package to a folder: `deno task build:client`.
 *
 * - `mod.js`, `encryption/mod.js`, `react/mod.js`, `server/mod.js`: readable modules that share their parts, with maps and types.
 * - `min/`: the first two minified, for a page without a bundler.
 * - `realtimechat-client.min.js`: those two in one file.
 * - `THIRD_PARTY_NOTICES.txt`: the licenses of the packages whose code these files contain.
 */
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleModules, minifyModules, minifyTogether, prependLine } from "./bundle.ts";
import { packageDeclarations } from "./declarations.ts";
import { packageManifest } from "./manifest.ts";
import { NOTICES, thirdPartyNotices } from "./notices.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** Entries without dependencies, which can therefore be minified for a page. */
const STANDALONE = ["mod", "encryption/mod"];
/** Paths below `src/client` and in the package, without their endings. */
export const ENTRIES = [...STANDALONE, "react/mod", "server/mod"];
export const SINGLE = "realtimechat-client.min";

/** Empties the folder first: files are named by their content, so that old ones would stay. */
export async function buildClient(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for await (const { name } of Deno.readDir(folder)) {
    await Deno.remove(join(folder, name), { recursive: true });
  }
  await bundleClient(folder);
  // Next.js and other frameworks with server components render the hooks on the client only.
  await prependLine(join(folder, "react/mod.js"), '"use client";');
  await writeTypes(folder);
  await writeTexts(folder);
}

/** Builds the modules alone, without types. */
export async function bundleClient(folder: string): Promise<void> {
  const packages = await bundleModules(folder, ENTRIES.map((entry) => `${entry}.ts`));
  await Deno.writeTextFile(join(folder, NOTICES), await thirdPartyNotices(packages));
  await minify(folder);
}

async function minify(folder: string): Promise<void> {
  const standalone = STANDALONE.map((entry) => `${entry}.js`);
  await minifyModules(folder, standalone);
  await minifyTogether(folder, standalone, `${SINGLE}.js`);
}

/**
 * TypeScript finds types by package.json or beside the module; Deno finds those of a module
 * imported by its address by a line in it.
 */
async function writeTypes(folder: string): Promise<void> {
  const all = STANDALONE.map((entry) => `export * from "./${entry}.js";\n`).join("");
  const declarations = [...packageDeclarations(ENTRIES), [SINGLE, all]];
  for (const [module, text] of declarations) {
    await Deno.writeTextFile(join(folder, `${module}.d.ts`), text);
  }
  const linked = [...ENTRIES, SINGLE].map((module) => [module, module]);
  const minified = STANDALONE.map((module) => [`min/${module}`, module]);
  for (const [module, types] of [...linked, ...minified]) {
    const path = relative(dirname(module), `${types}.d.ts`).replace(/^(?!\.)/, "./");
    await prependLine(join(folder, `${module}.js`), `/* @ts-self-types="${path}" */`);
  }
}

async function writeTexts(folder: string): Promise<void> {
  await Deno.writeTextFile(join(folder, "package.json"), packageManifest(ENTRIES));
  await Deno.copyFile(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  await Deno.copyFile(join(ROOT, "src/client/README.md"), join(folder, "README.md"));
}

if (import.meta.main) await buildClient(join(Deno.cwd(), Deno.args[0]));
