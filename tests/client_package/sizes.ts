import assert from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { InstalledPackage } from "./installed_package.ts";
import { run } from "./processes.ts";
import { nodeOf } from "./tools.ts";

/** Bytes, gzipped, of what an app loads. */
const MAX = { core: 16 * 1024, encryption: 55 * 1024 };

/** Holds the sizes as an app's bundler makes them: what is imported dynamically is no part of what imports it. */
export async function checkSizes(installed: InstalledPackage): Promise<void> {
  const core = await sizeOf(
    installed,
    'export { ChatClient, ChatError } from "realtimechat-client";',
  );
  const names = [...Deno.readDirSync(installed.library)].map(({ name }) => name);
  const mls = names.find((name) => /^encryption-\w+\.js$/.test(name))!;
  const encryption = await sizeOf(installed, `export * from "${join(installed.library, mls)}";`);
  console.log(`Gzipped: core ${core}, encryption ${encryption} bytes`);
  assert.ok(core <= MAX.core, `The core has ${core} bytes, and may have ${MAX.core}`);
  assert.ok(
    encryption <= MAX.encryption,
    `Encryption has ${encryption} bytes of ${MAX.encryption}`,
  );
}

/** As esbuild bundles it and terser, which webpack uses, minifies it. */
async function sizeOf(
  { tools, folder, library, tool }: InstalledPackage,
  code: string,
): Promise<number> {
  await Deno.writeTextFile(join(folder, "entry.js"), code);
  const lazy = (await dynamicImportsOf(library)).map((name) => `--external:${name}`);
  const bundle = ["--bundle", "--format=esm", "--outfile=bundle.js", "--log-level=warning"];
  await run(tool(".bin/esbuild"), ["entry.js", ...bundle, ...lazy], { cwd: folder });
  const terser = [tool("terser/bin/terser"), "bundle.js", "--module", "-c", "passes=2", "-m"];
  await run(nodeOf(tools, 24), [...terser, "-o", "minified.js"], { cwd: folder });
  return gzipSync(await Deno.readFile(join(folder, "minified.js")), { level: 9 }).length;
}

async function dynamicImportsOf(folder: string): Promise<string[]> {
  const found = new Set<string>();
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".js")) continue;
    const text = await Deno.readTextFile(join(folder, name));
    for (const [, path] of text.matchAll(/\bimport\("(\.[^"]+)"\)/g)) found.add(path);
  }
  return [...found];
}
